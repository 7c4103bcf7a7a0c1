import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShardMeta } from "../../../src/checkpoints/manifest/index.js";
import {
  type ShardDamage,
  ShardReader,
  writeShard,
} from "../../../src/checkpoints/shards/index.js";
import { crc32c } from "../../../src/core/index.js";
import { isLodeError, type LodeError } from "../../../src/errors.js";
import { readSeekTable, seekTable, storedFrame } from "../../../src/formats/index.js";
import type { Backend, Layer } from "../../../src/storage/backend.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { overlay } from "../../../src/storage/layers/intercept.js";
import { type CheckpointPlace, memoryPlace } from "../places.js";
import { sameBytes, sampleContent } from "./sample-content.js";

const BLOCK = 1000;
let place: CheckpointPlace;
let store: ObjectStore;
let shards = 0;

beforeAll(async () => {
  place = await memoryPlace();
  store = await place.open();
});
afterAll(async () => {
  await store.close();
  await place.drop();
});

interface Written {
  readonly bytes: Uint8Array;
  readonly stored: Uint8Array;
  readonly meta: ShardMeta;
  /** Where the blocks begin in the stored object, and where the last one ends. */
  readonly borders: readonly number[];
}

async function write(compressed: boolean, size = 5300, seed = 1): Promise<Written> {
  const bytes = sampleContent(compressed ? "mixed" : "random", size, seed);
  const meta = await writeShard(store, { rank: 2, key: `shards/${shards++}.bin` }, bytes, {
    blockSize: BLOCK,
    compressionLevel: compressed ? 1 : undefined,
  });
  expect(meta.key.endsWith(".zst")).toBe(compressed);
  const stored = await store.bytes(meta.key);
  const frames = compressed
    ? await readSeekTable({ size: stored.length, read: async (a, b) => stored.subarray(a, b) })
    : undefined;
  const lengths = frames?.map((frame) => frame.compressed) ?? [1000, 1000, 1000, 1000, 1000, 300];
  const borders = [0];
  for (const length of lengths) borders.push(borders.at(-1)! + length);
  return { bytes, stored, meta, borders };
}

/** What every way of reading the whole shard throws. */
async function failures(meta: ShardMeta): Promise<LodeError[]> {
  const reader = () => new ShardReader(store, meta);
  const whole = reader().bytes();
  const stream = (async () => {
    for await (const _chunk of reader().stream());
  })();
  const settled = await Promise.allSettled([whole, stream]);
  return settled.map((one) => {
    if (one.status === "fulfilled") throw new Error("damage was not found");
    if (!isLodeError(one.reason)) throw one.reason;
    return one.reason;
  });
}

async function expectDamage(meta: ShardMeta, offset: number): Promise<ShardDamage[]> {
  for (const error of await failures(meta)) {
    expect(error.code).toBe("integrity");
    expect(error.details).toMatchObject({ rank: 2, key: meta.key, offset });
    expect(error.message).toContain(`shard 2 (${meta.key}) is damaged at byte ${offset}: `);
  }
  const damages = await new ShardReader(store, meta).verify();
  expect(damages.map((damage) => damage.offset)).toContain(offset);
  return damages;
}

describe.each([
  ["plain", false],
  ["compressed", true],
] as const)("damage of a %s shard", (_name, compressed) => {
  it("by a single bit is found, with the block that it is in", async () => {
    const { stored, meta, borders } = await write(compressed);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: stored.length * 8 - 1 }), async (bit) => {
        const at = bit >> 3;
        const damaged = stored.slice();
        damaged[at]! ^= 1 << (bit & 7);
        await store.put(meta.key, damaged);
        // Behind the last block lies the seek table.
        const offset = borders.filter((border) => border <= at).at(-1)!;
        const damages = await expectDamage(meta, offset);
        expect(damages).toHaveLength(1);
      }),
      { numRuns: 150, examples: [[0], [stored.length * 8 - 1], [borders.at(-1)! * 8 - 1]] },
    );
    await store.put(meta.key, stored);
    expect(await new ShardReader(store, meta).verify()).toEqual([]);
  });

  it("by every bit of the end of the object is found", async () => {
    const { stored, meta } = await write(compressed, 1500);
    for (let bit = stored.length * 8 - 1; bit >= (stored.length - 40) * 8; bit--) {
      const damaged = stored.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      await store.put(meta.key, damaged);
      expect(await new ShardReader(store, meta).verify()).toHaveLength(1);
      await expect(new ShardReader(store, meta).bytes()).rejects.toMatchObject({
        code: "integrity",
      });
    }
  });

  it("by truncation is found, with the place where the object ends", async () => {
    const { stored, meta, borders } = await write(compressed);
    const places = [0, 1, 500, ...borders.slice(1), borders[1]! + 1, stored.length - 1];
    for (const end of new Set(places.filter((at) => at < stored.length))) {
      await store.put(meta.key, stored.subarray(0, end));
      expect(await expectDamage(meta, end)).toHaveLength(1);
    }
  });

  it("by bytes behind its end is found", async () => {
    const { stored, meta } = await write(compressed);
    await store.put(meta.key, Buffer.concat([stored, new Uint8Array(1)]));
    expect(await expectDamage(meta, stored.length)).toHaveLength(1);
  });

  it("is told for a missing object", async () => {
    const { meta } = await write(compressed);
    await store.delete(meta.key);
    const damages = await expectDamage(meta, 0);
    expect(damages).toEqual([
      { rank: 2, key: meta.key, offset: 0, reason: "the object is missing" },
    ]);
  });

  it("is told where two shards were exchanged", async () => {
    const one = await write(compressed);
    const other = await write(compressed, 5300, 2);
    await store.put(one.meta.key, other.stored);
    const [error] = await failures(one.meta);
    expect(error).toMatchObject({ code: "integrity", details: { rank: 2, key: one.meta.key } });
    expect((await new ShardReader(store, one.meta).verify()).length).toBeGreaterThan(0);
  });

  it("is told at all places, and the rest is read", async () => {
    const { stored, meta, borders, bytes } = await write(compressed);
    const damaged = stored.slice();
    damaged[borders[1]! + 5]! ^= 4;
    damaged[borders[4]! + 5]! ^= 4;
    await store.put(meta.key, damaged);
    const damages = await new ShardReader(store, meta).verify();
    expect(damages.map(({ offset }) => offset)).toEqual([borders[1], borders[4]]);
    const reader = new ShardReader(store, meta);
    expect(sameBytes(await reader.range(0, 1000), bytes.subarray(0, 1000))).toBe(true);
    expect(sameBytes(await reader.range(2000, 4000), bytes.subarray(2000, 4000))).toBe(true);
    await expect(reader.range(1999, 2000)).rejects.toMatchObject({
      code: "integrity",
      details: { offset: borders[1] },
    });
  });

  it.each([0.5, 0.999])("on the way is read again, at %d of a reply", async (part) => {
    const { bytes, meta } = await write(compressed);
    let reads = 0;
    const flaky = store.with(damagingReads(part, () => ++reads <= 2));
    expect(sameBytes(await new ShardReader(flaky, meta).bytes(), bytes)).toBe(true);
    expect(reads).toBeGreaterThanOrEqual(3);
  });

  it("is not looked for where that is not wanted", async () => {
    const { bytes, stored, meta } = await write(false);
    const damaged = stored.slice();
    damaged[1234]! ^= 1;
    await store.put(meta.key, damaged);
    const read = await new ShardReader(store, meta, { verify: false }).bytes();
    expect(read[1234]).toBe(bytes[1234]! ^ 1);
  });

  it("is told where the object is replaced while it is read", async () => {
    const { stored, meta, borders } = await write(compressed);
    const reader = new ShardReader(store, meta);
    await reader.range(0, 10);
    await store.put(meta.key, stored);
    await expect(reader.range(1000, 1010)).rejects.toMatchObject({
      code: "integrity",
      details: { offset: borders[1], reason: "the object was replaced while it was read" },
    });
  });

  it("of an empty shard is that it is missing, or not empty", async () => {
    const { meta } = await write(false, 0);
    expect((await new ShardReader(store, meta).bytes()).length).toBe(0);
    await store.put(meta.key, "x");
    await expectDamage(meta, 0);
    await store.delete(meta.key);
    await expectDamage(meta, 0);
  });
});

describe("a manifest that contradicts itself", () => {
  it("is damage of the shard", async () => {
    const { meta } = await write(false);
    const blocks = meta.blocks!;
    const wrong = [
      { ...blocks, logicalSize: 4000 },
      { ...blocks, blockSize: 1024 },
      { ...blocks, storedCrc32c: 1 },
      { ...blocks, blockCrc32c: blocks.blockCrc32c.map((crc, i) => (i === 0 ? crc ^ 1 : crc)) },
    ];
    for (const one of wrong) {
      const reader = new ShardReader(store, { ...meta, blocks: one });
      await expect(reader.bytes()).rejects.toMatchObject({ code: "integrity" });
    }
    const reader = new ShardReader(store, { ...meta, checksum: "crc32c:00000000" });
    await expect(reader.bytes()).rejects.toMatchObject({ code: "integrity" });
  });

  it("does not make a small frame fill the memory", async () => {
    // A frame that tells of 1 GiB of zeros in a few bytes each 128 KiB, and a table that believes it.
    const bomb = runLengthFrame(1 << 30);
    const table = seekTable([{ compressed: bomb.length, decompressed: BLOCK }]);
    const stored = Buffer.concat([bomb, table]);
    await store.put("bomb.bin.zst", stored);
    const meta: ShardMeta = {
      rank: 2,
      key: "bomb.bin.zst",
      size: stored.length,
      etag: null,
      checksum: null,
      blocks: {
        logicalSize: BLOCK,
        storedCrc32c: crc32c(stored),
        blockSize: BLOCK,
        blockCrc32c: Uint32Array.of(crc32c(bomb)),
      },
    };
    const before = process.memoryUsage.rss();
    await expectDamage(meta, 0);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 << 20);
  });

  it("is found where a frame holds other bytes than were written", async () => {
    const frame = storedFrame(sampleContent("random", BLOCK, 4));
    const stored = Buffer.concat([
      frame,
      seekTable([{ compressed: frame.length, decompressed: BLOCK }]),
    ]);
    await store.put("other.bin.zst", stored);
    const meta: ShardMeta = {
      rank: 2,
      key: "other.bin.zst",
      size: stored.length,
      etag: null,
      checksum: "crc32c:12345678",
      blocks: {
        logicalSize: BLOCK,
        storedCrc32c: crc32c(stored),
        blockSize: BLOCK,
        blockCrc32c: Uint32Array.of(crc32c(frame)),
      },
    };
    await expectDamage(meta, 0);
  });
});

/** One bit of what is read is wrong, at this part of it, where `damages` says so. */
function damagingReads(part: number, damages: () => boolean): Layer {
  return (inner: Backend) =>
    overlay(inner, {
      async readInto(key, range, target, options) {
        const result = await inner.readInto!(key, range, target, options);
        if (damages()) target[Math.floor(result.bytesRead * part)]! ^= 16;
        return result;
      },
    });
}

/** A zstd frame (RFC 8878 §3.1.1.2.2) of run-length blocks of zeros. */
function runLengthFrame(size: number): Uint8Array {
  const blocks = size / (128 * 1024);
  const frame = Buffer.alloc(9 + 4 * blocks);
  frame.writeUInt32LE(0xfd2fb528, 0);
  frame[4] = 0xa0;
  frame.writeUInt32LE(size, 5);
  for (let i = 0; i < blocks; i++) {
    const header = (i === blocks - 1 ? 1 : 0) | (1 << 1) | ((128 * 1024) << 3);
    frame.writeUIntLE(header, 9 + 4 * i, 3);
  }
  return frame;
}
