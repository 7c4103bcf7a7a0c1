import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Content } from "../../src/datagen/content.js";
import { type DataType, generateObject } from "../../src/datagen/index.js";
import { loadZstdCompress, type ZstdCompress } from "../../src/formats/index.js";
import { readBody, sha256 } from "./read-body.js";

const KiB = 1024;
const MiB = KiB * KiB;

interface Objects {
  readonly type?: DataType;
  readonly count: number;
  readonly size: number;
  readonly dedup?: number;
  readonly compress?: number;
}

async function objects({ count, size, type = "RAW", ...factors }: Objects): Promise<Buffer[]> {
  const made: Buffer[] = [];
  for (let index = 0; index < count; index++) {
    const options = { type, size, seed: "factors", index, count, ...factors };
    made.push(await readBody(generateObject(options)));
  }
  return made;
}

/** All blocks to different ones. */
function repeats(bodies: readonly Buffer[], blockBytes: number): number {
  const seen = new Set<string>();
  let blocks = 0;
  for (const body of bodies) {
    for (let at = 0; at < body.length; at += blockBytes, blocks++) {
      seen.add(sha256(body.subarray(at, at + blockBytes)));
    }
  }
  return blocks / seen.size;
}

function shrinks(zstd: ZstdCompress, body: Buffer, level: number, blockBytes: number): number {
  let bytes = 0;
  for (let at = 0; at < body.length; at += blockBytes) {
    bytes += zstd(body.subarray(at, at + blockBytes), level).length;
  }
  return body.length / bytes;
}

function expectWithin5Percent(actual: number, factor: number): void {
  expect(actual / factor).toBeGreaterThan(0.95);
  expect(actual / factor).toBeLessThan(1.05);
}

describe("generated content", () => {
  it("is the same on every machine", async () => {
    // Sums of what this code makes; openssl makes the first, too. Should they change, data sets that an earlier
    // version began cannot be gone on with.
    const sha = async (options: object) =>
      sha256(
        await readBody(
          generateObject({ type: "RAW", size: 300_001, seed: "lodestore", ...options }),
        ),
      );
    expect(await sha({})).toBe("1c0730d1755271106b4cd00e08daf4ed14694d5013c2953b9e42c3a683ac2526");
    expect(await sha({ index: 5, count: 10, dedup: 2, compress: 3 })).toBe(
      "08b3111f10941ab29c2acf9fab7f09ee64f2b38548d8218d7ea1e2794ef2550e",
    );
  });

  it("is what another AES gives for the same seed and index", async () => {
    // openssl enc -aes-128-ctr -K <first half of SHA-256 of "seed"> -iv 00000000000000010000000000000000
    const body = await readBody(generateObject({ type: "RAW", size: 8, seed: "seed", index: 1 }));
    expect(body.toString("hex")).toBe("da3e543071843a3b");
  });

  it("differs with the seed, and in the largest index too", async () => {
    const first = async (seed: string, index: number) =>
      (await readBody(generateObject({ type: "RAW", size: 100, seed, index }))).toString("hex");
    const all = [first("a", 0), first("b", 0), first("a", 2 ** 32), first("a", 2 ** 53 - 1)];
    expect(new Set(await Promise.all(all)).size).toBe(4);
  });

  it("gives any range alone", () => {
    const length = 500_000;
    fc.assert(
      fc.property(
        fc.constantFrom(1, 1.5, 4),
        fc.constantFrom(1, 1.5, 4),
        fc.integer({ min: 0, max: length - 1 }),
        fc.integer({ min: 0, max: 200_000 }),
        (dedup, compress, from, most) => {
          const options = { seed: "s", index: 3, count: 5, dedup, compress, length };
          const whole = new Uint8Array(length);
          new Content(options).read(whole, 0);
          const content = new Content(options);
          const part = new Uint8Array(Math.min(most, length - from));
          content.read(part, from);
          expect(Buffer.compare(part, whole.subarray(from, from + part.length))).toBe(0);
          content.read(part, 0);
          expect(Buffer.compare(part, whole.subarray(0, part.length))).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("cannot be compressed and has no block twice unless told otherwise", async () => {
    const zstd = await loadZstdCompress();
    const bodies = await objects({ count: 5, size: 1_000_000 });
    for (const body of bodies) expect(zstd(body, 3).length).toBeGreaterThan(body.length);
    expect(repeats(bodies, 4 * KiB)).toBe(1);
  });

  it.each([
    { compress: 1.5, count: 1, size: 3 * MiB },
    { compress: 2, count: 1, size: 32 * MiB },
    { compress: 4, count: 1, size: MiB },
    { compress: 10, count: 1, size: 3 * MiB + 1 },
    { compress: 50, count: 1, size: 8 * MiB },
  ])("zstd shrinks $size bytes by $compress, whole and in blocks", async ({ compress, ...set }) => {
    const zstd = await loadZstdCompress();
    const [body] = (await objects({ ...set, compress })) as [Buffer];
    for (const level of [1, 2, 3]) {
      expectWithin5Percent(shrinks(zstd, body, level, 64 * KiB), compress);
      expectWithin5Percent(shrinks(zstd, body, level, body.length), compress);
    }
    expect(repeats([body], 4 * KiB)).toBe(1);
  });

  it.each([
    { dedup: 1.5, count: 24, size: MiB },
    { dedup: 2, count: 1, size: 32 * MiB },
    { dedup: 2, count: 10, size: 5 * MiB + 70_000 },
    { dedup: 4, count: 4, size: 16 * MiB },
    { dedup: 10, count: 64, size: MiB },
    { dedup: 1.5, compress: 2, count: 16, size: 2 * MiB },
    { dedup: 2, compress: 1.5, count: 1, size: 32 * MiB },
    { dedup: 4, compress: 10, count: 40, size: MiB },
    { dedup: 10, compress: 4, count: 20, size: 4 * MiB + 4096 },
  ])("$count objects of $size bytes have each block $dedup times", async (set) => {
    const { dedup, compress = 1 } = set;
    const bodies = await objects(set);
    expect(new Set(bodies.map(sha256)).size).toBe(bodies.length);
    for (const block of [4, 16, 64]) expectWithin5Percent(repeats(bodies, block * KiB), dedup);
    const zstd = await loadZstdCompress();
    const body = bodies[1] ?? (bodies[0] as Buffer);
    for (const level of [1, 3]) {
      expectWithin5Percent(shrinks(zstd, body, level, body.length), compress);
      expectWithin5Percent(shrinks(zstd, body, level, 64 * KiB), compress);
    }
  });

  it.each<Objects & { dedup: number }>([
    { dedup: 1.5, compress: 4, count: 3, size: 12 * MiB },
    { dedup: 10, compress: 2, count: 2, size: 40 * MiB },
    { dedup: 4, count: 3, size: 12 * MiB + 12_345 },
  ])("each of $count long objects of $size bytes has its blocks $dedup times", async (set) => {
    for (const body of await objects(set)) {
      for (const block of [4, 16, 64])
        expectWithin5Percent(repeats([body], block * KiB), set.dedup);
    }
    expectWithin5Percent(repeats(await objects(set), 4 * KiB), set.dedup);
  });

  it.each<Objects & { dedup: number; blocks: readonly number[] }>([
    { type: "NPY", dedup: 4, count: 1, size: 20 * MiB, blocks: [4, 16, 64] },
    { type: "NPZ", dedup: 4, count: 1, size: 20 * MiB, blocks: [4, 16, 64] },
    { type: "HDF5", dedup: 1.5, count: 1, size: 20 * MiB, blocks: [4, 16, 64] },
    { type: "TFRECORD", dedup: 1.5, count: 1, size: 20 * MiB, blocks: [4, 16, 64] },
    { type: "TFRECORD", dedup: 4, count: 20, size: 4 * MiB, blocks: [4, 16, 64] },
    { type: "TAR", dedup: 2, count: 1, size: 20 * MiB, blocks: [4] },
    { type: "PARQUET", dedup: 2, count: 1, size: 20 * MiB, blocks: [4] },
  ])("holds in a file of $type too", async ({ blocks, ...set }) => {
    const { dedup } = set;
    const zstd = await loadZstdCompress();
    const bodies = await objects({ ...set, compress: 2 });
    for (const block of blocks) expectWithin5Percent(repeats(bodies, block * KiB), dedup);
    for (const body of bodies.slice(0, 2)) {
      expectWithin5Percent(shrinks(zstd, body, 1, body.length), 2);
      expectWithin5Percent(shrinks(zstd, body, 3, 64 * KiB), 2);
    }
  });

  it("has the factor in small objects as well", async () => {
    const zstd = await loadZstdCompress();
    const set = await objects({ count: 64, size: 24 * KiB, dedup: 4 });
    expectWithin5Percent(repeats(set, 4 * KiB), 4);
    const [small] = await objects({ count: 1, size: 2500, compress: 4 });
    expect(zstd(small as Buffer, 3).length).toBeLessThan(2500 / 3.8);
  });

  it("repeats in the largest sets as well, and in the longest pieces", async () => {
    const count = 1_000_000_000;
    const size = 5 * MiB + 1;
    const last = { type: "RAW", size, seed: "s", index: count - 1, count, dedup: 2 } as const;
    expect(await readBody(generateObject(last))).toHaveLength(size);
    const pieceBytes = 256 * MiB;
    const factors = { dedup: 2, compress: 1, length: 4 * pieceBytes + 5, pieceBytes };
    const content = new Content({ seed: "s", index: 0, count: 1, ...factors });
    const [first, third, tail] = [0, 2, 4].map((piece) => {
      const bytes = new Uint8Array(5);
      content.read(bytes, piece * pieceBytes);
      return Buffer.from(bytes).toString("hex");
    });
    expect(third).toBe(first);
    expect(tail).not.toBe(first);
  });

  it("never makes two objects equal, however large the factor", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: 16, max: 400 * KiB }),
        fc.double({ min: 1, max: 100, noNaN: true }),
        async (count, size, dedup) => {
          const bodies = await objects({ count, size, dedup });
          expect(new Set(bodies.map(sha256)).size).toBe(count);
        },
      ),
      { numRuns: 60 },
    );
  });
});
