import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ShardReader, writeShard } from "../../../src/checkpoints/shards/index.js";
import {
  type ObjectStore,
  type OperationRecord,
  openStore,
  trace,
} from "../../../src/storage/index.js";
import { type CheckpointPlace, memoryPlace } from "../places.js";
import { contentOf, sameBytes, shardCases } from "./sample-content.js";

/** What of a compressed shard is read for its seek table. */
const TABLE_READ = 64 * 1024;

let place: CheckpointPlace;
let store: ObjectStore;
let records: OperationRecord[] = [];
let shards = 0;

beforeAll(async () => {
  place = await memoryPlace();
  store = await openStore(place.uri, { layers: [trace((record) => records.push(record))] });
});
afterAll(async () => {
  await store.close();
  await place.drop();
});

const bytesRead = (): number => records.reduce((sum, { bytes }) => sum + bytes, 0);

describe("a range of a shard", () => {
  it("is the slice, and no more is read than the blocks that it touches", async () => {
    const range = fc.tuple(fc.nat({ max: 1000 }), fc.nat({ max: 1000 }));
    await fc.assert(
      fc.asyncProperty(shardCases, fc.array(range, { maxLength: 5 }), async (one, ranges) => {
        const bytes = contentOf(one);
        const target = { rank: 0, key: `shards/${shards++}.bin` };
        const meta = await writeShard(store, target, bytes, one);
        const compressed = meta.key.endsWith(".zst");
        const reader = new ShardReader(store, meta);
        if (compressed) await reader.range(0, 0);
        for (const [a, b] of ranges) {
          const [start, end] = [a, b]
            .map((n) => Math.round((n * bytes.length) / 1000))
            .sort((x, y) => x - y) as [number, number];
          records = [];
          const read = await reader.range(start, end);
          expect(sameBytes(read, bytes.subarray(start, end))).toBe(true);
          const first = Math.floor(start / one.blockSize) * one.blockSize;
          const last = Math.ceil(end / one.blockSize) * one.blockSize;
          const touched = start === end ? 0 : Math.min(last, bytes.length) - first;
          if (compressed) expect(bytesRead()).toBeLessThanOrEqual(touched * 1.01 + 100);
          else expect(bytesRead()).toBe(touched);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("without verification is read exactly", async () => {
    const bytes = contentOf({ ...SAMPLE, compressionLevel: undefined });
    const meta = await writeShard(store, { rank: 0, key: "exact.bin" }, bytes, SAMPLE);
    const reader = new ShardReader(store, meta, { verify: false });
    records = [];
    expect(sameBytes(await reader.range(1234, 4321), bytes.subarray(1234, 4321))).toBe(true);
    expect(bytesRead()).toBe(4321 - 1234);
  });

  it("outside the shard is refused", async () => {
    const bytes = contentOf(SAMPLE);
    const meta = await writeShard(store, { rank: 0, key: "outside.bin" }, bytes, SAMPLE);
    const reader = new ShardReader(store, meta);
    for (const [start, end] of [
      [-1, 2],
      [3, 2],
      [0, bytes.length + 1],
      [0.5, 1],
    ] as const) {
      await expect(reader.range(start, end)).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });

  it("is what a reader of a format gets, whose small reads share blocks", async () => {
    for (const compressionLevel of [undefined, 1]) {
      const one = { ...SAMPLE, kind: "text" as const, compressionLevel };
      const bytes = contentOf(one);
      const key = `format-${compressionLevel}.bin`;
      const meta = await writeShard(store, { rank: 0, key }, bytes, one);
      const source = await new ShardReader(store, meta).rangeReader();
      expect(source.size).toBe(bytes.length);
      records = [];
      for (let at = 0; at < bytes.length; at += 700) {
        const end = Math.min(at + 650, bytes.length);
        expect(sameBytes(await source.read(at, end), bytes.subarray(at, end))).toBe(true);
      }
      // Reads that cross a border read both blocks by themselves.
      expect(bytesRead()).toBeLessThan(4 * meta.size);
      expect(sameBytes(await source.read(10, 9000), bytes.subarray(10, 9000))).toBe(true);
      expect((await source.read(5, 5)).length).toBe(0);
    }
  });

  it("of a compressed shard needs one more read, of the table", async () => {
    const one = { ...SAMPLE, kind: "text" as const, size: 4_000_000, blockSize: 100_000 };
    const bytes = contentOf(one);
    const meta = await writeShard(store, { rank: 0, key: "table.bin" }, bytes, one);
    expect(meta.key).toBe("table.bin.zst");
    records = [];
    const read = await new ShardReader(store, meta).range(3_000_050, 3_000_060);
    expect(sameBytes(read, bytes.subarray(3_000_050, 3_000_060))).toBe(true);
    expect(records).toHaveLength(2);
    expect(bytesRead()).toBeLessThan(TABLE_READ + meta.size / 20);
  });
});

const SAMPLE = {
  kind: "random",
  size: 10_500,
  seed: 5,
  blockSize: 1000,
  compressionLevel: 1,
  form: "whole",
  most: 1000,
  concurrency: 3,
} as const;
