import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShardMeta } from "../../../src/checkpoints/manifest/index.js";
import { ShardReader, writeShard } from "../../../src/checkpoints/shards/index.js";
import { crc32c } from "../../../src/core/index.js";
import { ZstdDecompressor } from "../../../src/formats/index.js";
import { type ObjectStore, openStore } from "../../../src/storage/index.js";
import { type CheckpointPlace, diskPlace, memoryPlace, uploadsOf } from "../places.js";
import { contentOf, type ShardCase, sameBytes, shardCases, sourceOf } from "./sample-content.js";

const STORES = [
  ["mem", memoryPlace, 60],
  ["file", () => diskPlace("file"), 25],
  ["direct", () => diskPlace("direct"), 10],
] as const;

describe.each(STORES)("shards on %s", (scheme, makePlace, numRuns) => {
  let place: CheckpointPlace;
  let store: ObjectStore;
  let shards = 0;

  beforeAll(async () => {
    place = await makePlace();
    store = await openStore(place.uri, scheme === "mem" ? {} : { file: { sync: "none" } });
  });
  afterAll(async () => {
    await store.close();
    await place.drop();
  });

  async function write(one: ShardCase): Promise<{ bytes: Uint8Array; meta: ShardMeta }> {
    const bytes = contentOf(one);
    const target = { rank: 3, key: `shards/${shards++}/rank-3.bin` };
    let told = 0;
    const meta = await writeShard(store, target, sourceOf(one, bytes), {
      ...one,
      onProgress(stored) {
        expect(stored).toBeGreaterThanOrEqual(told);
        told = stored;
      },
    });
    expect(told).toBe(bytes.length);
    return { bytes, meta };
  }

  it("come back as they were, whichever way they are written and read", async () => {
    await fc.assert(
      fc.asyncProperty(shardCases, async (one) => {
        const { bytes, meta } = await write(one);
        const reader = new ShardReader(store, meta, { concurrency: one.concurrency });
        expect(await reader.size()).toBe(bytes.length);
        expect(sameBytes(await reader.bytes(), bytes)).toBe(true);

        const roomy = new Uint8Array(bytes.length + 5).fill(7);
        expect(await reader.readInto(roomy)).toBe(bytes.length);
        expect(sameBytes(roomy.subarray(0, bytes.length), bytes)).toBe(true);
        expect([...roomy.subarray(bytes.length)]).toEqual([7, 7, 7, 7, 7]);

        const chunks: Uint8Array[] = [];
        for await (const chunk of reader.stream()) chunks.push(chunk.slice());
        expect(sameBytes(Buffer.concat(chunks), bytes)).toBe(true);
        expect(await reader.verify()).toEqual([]);
        expect(await uploadsOf(store)).toEqual([]);
      }),
      { numRuns },
    );
  });

  it("tell in their manifest what is stored", async () => {
    await fc.assert(
      fc.asyncProperty(shardCases, async (one) => {
        const { bytes, meta } = await write(one);
        const stored = await store.bytes(meta.key);
        const compressed = meta.key.endsWith(".bin.zst");
        expect(meta.rank).toBe(3);
        expect(meta.size).toBe(stored.length);
        expect(meta.etag).toBe(`"${(await store.head(meta.key)).etag}"`);
        expect(meta.checksum).toBe(`crc32c:${crc32c(bytes).toString(16).padStart(8, "0")}`);
        expect(meta.blocks?.logicalSize).toBe(bytes.length);
        expect(meta.blocks?.storedCrc32c).toBe(crc32c(stored));
        expect(meta.blocks?.blockSize).toBe(one.blockSize);
        if (compressed) {
          expect(sameBytes(await decompress(stored), bytes)).toBe(true);
        } else {
          expect(sameBytes(stored, bytes)).toBe(true);
          expect([...(meta.blocks?.blockCrc32c ?? [])]).toEqual(blockCrcs(bytes, one.blockSize));
        }
        if (one.kind === "text" && one.compressionLevel !== undefined && bytes.length > 100) {
          expect(compressed).toBe(true);
        }
        if (one.kind === "random" || one.compressionLevel === undefined) {
          expect(compressed).toBe(false);
        }
      }),
      { numRuns },
    );
  });
});

/** As any reader of zstd does. */
async function decompress(bytes: Uint8Array): Promise<Uint8Array> {
  const decompressor = await ZstdDecompressor.open();
  try {
    return Buffer.concat([...decompressor.push(bytes)]);
  } finally {
    decompressor.close();
  }
}

function blockCrcs(bytes: Uint8Array, blockSize: number): number[] {
  const crcs: number[] = [];
  for (let at = 0; at < bytes.length; at += blockSize) {
    crcs.push(crc32c(bytes.subarray(at, at + blockSize)));
  }
  return crcs;
}
