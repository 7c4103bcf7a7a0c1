import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ShardReader, ShardWriter, writeShard } from "../../../src/checkpoints/shards/index.js";
import { crc32c } from "../../../src/core/index.js";
import { runMemoryChild } from "../../checkpoints/shards/run-memory-child.js";
import { inChunks, sameBytes, sampleContent } from "../../checkpoints/shards/sample-content.js";
import { pendingOf } from "../../storage/transfer/stores.js";
import { type Place, SERVERS } from "../transfer/places.js";

const MIB = 1 << 20;
const BLOCK = 2 * MIB;

describe.each(Object.entries(SERVERS))("shards on %s", (name, makePlace) => {
  let place: Place;
  beforeAll(async () => {
    place = await makePlace();
  });
  afterAll(() => place.drop());

  it.each([
    ["plain", "random", undefined, "shards/plain.bin"],
    ["compressed", "mixed", 1, "shards/compressed.bin.zst"],
  ] as const)("are written in parts and read back: %s", async (_kind, content, level, key) => {
    const bytes = sampleContent(content, 7 * BLOCK + 12_345, 11);
    const target = { rank: 0, key: key.replace(/\.zst$/, "") };
    const options = { blockSize: BLOCK, compressionLevel: level };
    const meta = await writeShard(place.store, target, inChunks(bytes, 300_000), options);
    expect(meta).toMatchObject({
      key,
      size: (await place.store.head(key)).size,
      checksum: `crc32c:${crc32c(bytes).toString(16).padStart(8, "0")}`,
    });
    const reader = new ShardReader(place.store, meta);
    expect(sameBytes(await reader.bytes(), bytes)).toBe(true);
    const part = await reader.range(3 * BLOCK - 5, 5 * BLOCK + 5);
    expect(sameBytes(part, bytes.subarray(3 * BLOCK - 5, 5 * BLOCK + 5))).toBe(true);
    expect(await reader.verify()).toEqual([]);
    await expect(writeShard(place.store, target, bytes, options)).rejects.toMatchObject({
      code: "already-exists",
    });
    expect(await pendingOf(place.store)).toEqual([]);
  });

  it("are empty, or damaged in places that are told", async () => {
    const empty = await writeShard(place.store, { rank: 0, key: "empty.bin" }, new Uint8Array(0));
    expect((await new ShardReader(place.store, empty).bytes()).length).toBe(0);

    const bytes = sampleContent("random", 100_000, 12);
    const options = { blockSize: 10_000 };
    const meta = await writeShard(place.store, { rank: 4, key: "damaged.bin" }, bytes, options);
    bytes[45_678]! ^= 1;
    await place.store.put(meta.key, bytes);
    const damages = await new ShardReader(place.store, meta).verify();
    expect(damages).toMatchObject([{ rank: 4, key: "damaged.bin", offset: 40_000 }]);
    await place.store.put(meta.key, bytes.subarray(0, 33_333));
    await expect(new ShardReader(place.store, meta).bytes()).rejects.toMatchObject({
      code: "integrity",
      details: { rank: 4, offset: 33_333 },
    });
    await place.store.delete(meta.key);
    await expect(new ShardReader(place.store, meta).bytes()).rejects.toMatchObject({
      code: "integrity",
      details: { rank: 4, offset: 0 },
    });
  });

  it("leave nothing when they are given up", async () => {
    const writer = await ShardWriter.open(place.store, { rank: 0, key: "given-up.bin" });
    for (let i = 0; i < 40; i++) await writer.write(sampleContent("text", MIB, i));
    await writer.abort();
    expect(await place.store.exists("given-up.bin")).toBe(false);
    expect(await pendingOf(place.store)).toEqual([]);
  });

  if (name === "minio") {
    it("of 512 MiB take the memory of some blocks", { timeout: 180_000 }, async () => {
      const { uri, env } = place;
      const report = await runMemoryChild({ uri: `${uri}/large`, env, size: 512 * MIB });
      expect(report).toMatchObject({ rightBytes: 512 * MIB, damages: 0 });
      expect(report.rssMost - report.rssBefore).toBeLessThan(300 * MIB);
    });
  }
});
