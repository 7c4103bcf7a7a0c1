import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ChunkIndex,
  Compressor,
  decodeChunk,
  encodeIndex,
  PackFooter,
  PackWriter,
  parseIndex,
  plainChunk,
  type StoredChunk,
} from "../../../src/cas/packs/index.js";
import { writeEntry } from "../../../src/cas/packs/pack-footer.js";
import { ENTRY_BYTES, TRAILER_BYTES } from "../../../src/cas/packs/pack-format.js";
import { crc32c } from "../../../src/core/index.js";
import { compressFrame } from "../../../src/formats/index.js";
import { memoryPlace, randomBytes, sha256, textBytes } from "../blobs/places.js";

const ID = "0123456789abcdef0123456789abcdef";

function hashOf(n: number): string {
  return createHash("sha256").update(String(n)).digest("hex");
}

interface Entry {
  readonly hash: string;
  readonly storedBytes: number;
  readonly plainBytes: number;
  readonly codec: 0 | 1;
}

function footerOf(entries: readonly Entry[], id = ID): PackFooter {
  const bytes = new Uint8Array(entries.length * ENTRY_BYTES);
  for (const [i, entry] of entries.entries()) writeEntry(bytes, i * ENTRY_BYTES, entry);
  return PackFooter.make(
    id,
    bytes,
    entries.reduce((sum, one) => sum + one.storedBytes, 8),
  );
}

function plainEntries(count: number, from = 0): Entry[] {
  return Array.from({ length: count }, (_, i) => ({
    hash: hashOf(from + i),
    storedBytes: 100 + i,
    plainBytes: 100 + i,
    codec: 0,
  }));
}

const entry = fc
  .tuple(fc.nat(), fc.integer({ min: 2, max: 128 * 1024 }), fc.integer({ min: 1, max: 128 * 1024 }))
  .map(([n, plainBytes, stored]): Entry => {
    const zstd = stored < plainBytes;
    return {
      hash: hashOf(n),
      plainBytes,
      storedBytes: zstd ? stored : plainBytes,
      codec: zstd ? 1 : 0,
    };
  });

describe("the footer of a pack", () => {
  it("tells what was written into it", () => {
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 50 }),
        fc.nat(30),
        (entries, before) => {
          const made = footerOf(entries);
          const footer = PackFooter.endOf(Buffer.concat([new Uint8Array(before), made.bytes]));
          expect(footer.pack).toBe(ID);
          expect(footer.count).toBe(entries.length);
          let at = 8;
          for (const [i, { hash, storedBytes, plainBytes, codec }] of entries.entries()) {
            expect(footer.hash(i)).toBe(hash);
            expect([footer.start(i), footer.end(i)]).toEqual([at, at + storedBytes]);
            expect([footer.plainBytes(i), footer.codec(i)]).toEqual([plainBytes, codec]);
            at += storedBytes;
          }
          expect(footer.packBytes).toBe(at + entries.length * ENTRY_BYTES + TRAILER_BYTES);
        },
      ),
    );
  });

  it("is refused with any bit changed, or cut", () => {
    const { bytes } = footerOf(plainEntries(3));
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1 << (at % 8);
      expect(() => PackFooter.endOf(damaged), `byte ${at}`).toThrow(/this is no pack/);
      expect(() => PackFooter.endOf(bytes.subarray(at + 1)), `from ${at + 1}`).toThrow(
        /this is no pack/,
      );
    }
  });

  it.each([
    ["a chunk of no bytes", { plainBytes: 0, storedBytes: 0 }],
    ["more than a chunk can have", { plainBytes: 128 * 1024 + 1, storedBytes: 5, codec: 1 }],
    ["plain bytes of two lengths", { plainBytes: 10, storedBytes: 9 }],
    ["a frame larger than what it holds", { plainBytes: 10, storedBytes: 10, codec: 1 }],
    ["an unknown codec", { codec: 2 }],
    ["a length beyond any pack", { storedBytes: 2 ** 32 - 1, plainBytes: 100 }],
  ])("is refused with %s, though its checksum matches", (_, change) => {
    const entries = plainEntries(2);
    expect(() =>
      footerOf([entries[0]!, { ...entries[1]!, ...(change as Partial<Entry>) }]),
    ).toThrow(/this is no pack/);
  });

  it("is refused with counts and versions that cannot be", () => {
    const { bytes } = footerOf(plainEntries(2));
    for (const [at, value] of [
      [16, 2],
      [20, 0],
      [20, 1],
      [20, 3],
      [20, 2 ** 32 - 1],
      [24, 7],
    ] as const) {
      const forged = bytes.slice();
      const trailer = new DataView(forged.buffer, 2 * ENTRY_BYTES);
      trailer.setUint32(at, value, true);
      trailer.setUint32(28, crc32c(forged.subarray(0, 2 * ENTRY_BYTES + 28)), true);
      expect(() => PackFooter.endOf(forged), `${value} at ${at}`).toThrow(/this is no pack/);
    }
  });
});

describe("an index object", () => {
  it("gives back the footers of its packs", () => {
    const footers = [1, 5, 300].map((count, i) =>
      footerOf(plainEntries(count, 1000 * i), ID.replace("0", String(i))),
    );
    const parsed = parseIndex(encodeIndex(footers));
    expect(parsed.map(({ pack, count }) => [pack, count])).toEqual(
      footers.map(({ pack, count }) => [pack, count]),
    );
    expect(parseIndex(new Uint8Array(0))).toEqual([]);
    expect(() => parseIndex(encodeIndex(footers).subarray(1))).toThrow(/this is no/);
  });
});

describe("the index of chunks", () => {
  it("answers as a map does", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(400), { minLength: 1, maxLength: 200 }), { maxLength: 30 }),
        fc.array(fc.nat(29), { maxLength: 5 }),
        (packs, dropped) => {
          const index = new ChunkIndex();
          const map = new Map<string, { pack: string; entry: number }>();
          const ids = packs.map((_, i) => i.toString(16).padStart(32, "0"));
          for (const [i, chunks] of packs.entries()) {
            const entries = chunks.map((n) => ({
              hash: hashOf(n),
              storedBytes: 9,
              plainBytes: 9,
              codec: 0 as const,
            }));
            const footer = footerOf(entries, ids[i]);
            index.add(footer);
            index.add(footer);
            for (const [entry, { hash }] of entries.entries())
              map.set(hash, { pack: ids[i]!, entry });
          }
          for (const i of dropped) index.drop(ids[i] ?? "none");
          const gone = new Set(dropped.map((i) => ids[i]));
          for (let n = 0; n <= 400; n++) {
            const right = map.get(hashOf(n));
            expect(index.find(hashOf(n))).toEqual(
              right === undefined || gone.has(right.pack) ? undefined : right,
            );
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("grows to many chunks", () => {
    const index = new ChunkIndex();
    for (let pack = 0; pack < 40; pack++) {
      index.add(footerOf(plainEntries(500, 500 * pack), pack.toString(16).padStart(32, "0")));
    }
    expect(index.size).toBe(20_000);
    for (let n = 0; n < 20_000; n += 7) {
      const pack = Math.floor(n / 500)
        .toString(16)
        .padStart(32, "0");
      expect(index.find(hashOf(n))).toEqual({ pack, entry: n % 500 });
    }
    index.dropIf((pack) => pack.endsWith("1"));
    expect(index.find(hashOf(501))).toBeUndefined();
    expect(index.find(hashOf(1001))).toBeDefined();
  });
});

describe("a chunk", () => {
  function footerFor({ hash, stored, plainBytes, codec }: StoredChunk): PackFooter {
    return footerOf([{ hash, storedBytes: stored.length, plainBytes, codec }]);
  }

  it("is compressed if it shrinks, and comes back", async () => {
    const compressor = new Compressor();
    for (const bytes of [textBytes(50_000, 1), randomBytes(50_000, 2), textBytes(100, 3)]) {
      const chunk = await compressor.encode(sha256(bytes), bytes);
      const back = await decodeChunk(footerFor(chunk), 0, chunk.stored, true);
      expect(Buffer.from(back!).equals(bytes)).toBe(true);
    }
  });

  it("is tried ever less often after chunks that do not shrink, and again after one that does", async () => {
    const compressor = new Compressor();
    const text = textBytes(5000, 4);
    const noise = randomBytes(5000, 5);
    const shrinks = async (bytes: Uint8Array) =>
      (await compressor.encode(sha256(bytes), bytes)).codec === 1;
    expect(await shrinks(text)).toBe(true);
    for (let n = 0; n < 500; n++) expect(await shrinks(noise)).toBe(false);
    let skipped = 0;
    while (!(await shrinks(text))) skipped++;
    expect(skipped).toBeLessThanOrEqual(64);
    for (let n = 0; n < 10; n++) expect(await shrinks(text)).toBe(true);
  });

  it("that is a bomb, or not what its hash says, is refused", async () => {
    const bomb = await compressFrame(new Uint8Array(4 * 1024 * 1024), 3);
    const plainBytes = 128 * 1024;
    const hash = sha256(new Uint8Array(plainBytes));
    const footer = footerFor({ hash, stored: bomb, plainBytes, codec: 1 });
    expect(await decodeChunk(footer, 0, bomb, true)).toBeUndefined();
    expect(await decodeChunk(footer, 0, bomb, false)).toBeUndefined();
    const other = plainChunk(hashOf(1), randomBytes(10, 1));
    expect(await decodeChunk(footerFor(other), 0, other.stored, true)).toBeUndefined();
  });
});

describe("a writer of packs", () => {
  it("stores full packs while it goes on, and what is left when it is sealed", async () => {
    const place = memoryPlace();
    const store = await place.open();
    const stored: PackFooter[] = [];
    const begun: string[] = [];
    const writer = new PackWriter(store, {
      packSize: 100_000,
      signal: new AbortController().signal,
      onBegin: (pack) => begun.push(pack),
      onStored: (footer) => stored.push(footer),
    });
    const places: [number, string, number][] = [];
    for (let n = 0; n < 60; n++) {
      const bytes = randomBytes(7000, n);
      const { pack, entry } = writer.append(plainChunk(sha256(bytes), bytes));
      places.push([n, pack, entry]);
      await writer.room();
    }
    writer.seal();
    await writer.settle();
    expect(stored).toHaveLength(4);
    expect(begun).toEqual(expect.arrayContaining(stored.map(({ pack }) => pack)));
    let total = 0;
    for (const [n, pack, entry] of places) {
      const bytes = await store.bytes(`packs/${pack.slice(0, 2)}/${pack}`);
      const footer = PackFooter.endOf(bytes);
      if (entry === 0) total += bytes.length;
      const chunk = bytes.subarray(footer.start(entry), footer.end(entry));
      expect(Buffer.from(chunk).equals(randomBytes(7000, n))).toBe(true);
      expect(footer.hash(entry)).toBe(sha256(chunk));
    }
    expect(writer.storedBytes).toBe(total);
    await place.drop();
  });
});
