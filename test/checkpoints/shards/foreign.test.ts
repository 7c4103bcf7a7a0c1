import * as zlib from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ShardMeta } from "../../../src/checkpoints/manifest/index.js";
import { ShardReader, writeShard } from "../../../src/checkpoints/shards/index.js";
import { crc32c } from "../../../src/core/index.js";
import { compressFrame } from "../../../src/formats/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { type CheckpointPlace, memoryPlace } from "../places.js";
import { sameBytes, sampleContent } from "./sample-content.js";

let place: CheckpointPlace;
let store: ObjectStore;
const bytes = sampleContent("mixed", 300_000, 9);

beforeAll(async () => {
  place = await memoryPlace();
  store = await place.open();
});
afterAll(async () => {
  await store.close();
  await place.drop();
});

const text = (crc: number): string => `crc32c:${crc.toString(16).padStart(8, "0")}`;

/** As s3dlio leaves it: one frame for the whole shard, no table. */
async function foreign(compressed: boolean, checksum: string | null): Promise<ShardMeta> {
  const stored = compressed ? await compressFrame(bytes, 3) : bytes;
  const key = compressed ? "foreign.bin.zst" : "foreign.bin";
  await store.put(key, stored);
  return { rank: 1, key, size: stored.length, etag: null, checksum };
}

async function collect(reader: ShardReader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader.stream()) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

describe.each([false, true])("a shard of another program, compressed: %s", (compressed) => {
  it.each([
    ["without a checksum", null],
    ["with CRC-32C", text(crc32c(bytes))],
    ["with the CRC-32 of s3dlio under that name", text(zlib.crc32(bytes))],
  ])("%s is read in every way", async (_name, checksum) => {
    const meta = await foreign(compressed, checksum);
    const reader = new ShardReader(store, meta);
    expect(await reader.size()).toBe(bytes.length);
    expect(sameBytes(await reader.bytes(), bytes)).toBe(true);
    expect(sameBytes(await collect(reader), bytes)).toBe(true);
    const target = new Uint8Array(bytes.length + 1);
    expect(await reader.readInto(target)).toBe(bytes.length);
    expect(sameBytes(target.subarray(0, bytes.length), bytes)).toBe(true);
    for (const [start, end] of [
      [0, 10],
      [150_000, 290_001],
      [299_999, 300_000],
    ] as const) {
      const part = await reader.range(start, end);
      expect(sameBytes(part, bytes.subarray(start, end))).toBe(true);
    }
    const source = await reader.rangeReader();
    expect(sameBytes(await source.read(7, 70_000), bytes.subarray(7, 70_000))).toBe(true);
    expect(await reader.verify()).toEqual([]);
  });

  it("is damaged where the checksum is another one", async () => {
    const meta = await foreign(compressed, "crc32c:00000001");
    const reader = new ShardReader(store, meta);
    const expected = { code: "integrity", details: { rank: 1, key: meta.key, offset: 0 } };
    await expect(reader.bytes()).rejects.toMatchObject(expected);
    await expect(collect(reader)).rejects.toMatchObject(expected);
    expect(await reader.verify()).toMatchObject([{ rank: 1, key: meta.key, offset: 0 }]);
    const unverified = new ShardReader(store, meta, { verify: false });
    expect(sameBytes(await unverified.bytes(), bytes)).toBe(true);
  });

  it("is damaged where it ends early, or is missing", async () => {
    const meta = await foreign(compressed, null);
    const stored = await store.bytes(meta.key);
    await store.put(meta.key, stored.subarray(0, 1000));
    await expect(new ShardReader(store, meta).bytes()).rejects.toMatchObject({
      code: "integrity",
      details: { offset: 1000 },
    });
    expect(await new ShardReader(store, meta).verify()).toMatchObject([{ offset: 1000 }]);
    await store.delete(meta.key);
    expect(await new ShardReader(store, meta).verify()).toMatchObject([{ offset: 0 }]);
  });
});

describe("a shard of another program", () => {
  it("is damaged where its zstd is, or ends inside a frame", async () => {
    const meta = await foreign(true, null);
    const stored = await store.bytes(meta.key);
    const cut = { ...meta, key: "cut.bin.zst", size: stored.length - 10 };
    await store.put(cut.key, stored.subarray(0, cut.size));
    await expect(new ShardReader(store, cut).bytes()).rejects.toMatchObject({ code: "integrity" });
    const noise = { ...meta, key: "noise.bin.zst", size: bytes.length };
    await store.put(noise.key, bytes);
    await expect(new ShardReader(store, noise).bytes()).rejects.toMatchObject({
      code: "integrity",
    });
    expect(await new ShardReader(store, noise).verify()).toHaveLength(1);
  });

  it("with a checksum of an unknown kind is read only unverified", async () => {
    const meta = await foreign(false, "sha256:00");
    await expect(new ShardReader(store, meta).bytes()).rejects.toMatchObject({
      code: "unsupported",
    });
    const unverified = new ShardReader(store, meta, { verify: false });
    expect(sameBytes(await unverified.bytes(), bytes)).toBe(true);
  });

  it("may have CRC-32 as its checksum, ours may not", async () => {
    const meta = await writeShard(store, { rank: 1, key: "ours.bin" }, bytes);
    const wrong = { ...meta, checksum: text(zlib.crc32(bytes)) };
    await expect(new ShardReader(store, wrong).bytes()).rejects.toMatchObject({
      code: "integrity",
    });
  });
});
