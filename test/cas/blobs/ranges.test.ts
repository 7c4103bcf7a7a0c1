import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BlobStore, type StoredBlob } from "../../../src/cas/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { trace } from "../../../src/storage/layers/index.js";
import { memoryPlace, type Place, putOne, randomBytes, same, textBytes } from "./places.js";

const KIB = 1024;
const OPTIONS = { chunkAbove: 16 * KIB };

const PLAIN = randomBytes(700 * KIB, 1);
const TEXT = textBytes(500 * KIB, 2);
/** Runs of old packs, of one chunk again and again, and of new chunks. */
const FRAGMENTED = Buffer.concat([
  TEXT.subarray(200 * KIB),
  PLAIN.subarray(300 * KIB, 600 * KIB),
  new Uint8Array(600 * KIB),
  PLAIN.subarray(0, 200 * KIB),
  randomBytes(50 * KIB, 3),
  TEXT.subarray(0, 300 * KIB),
]);

let place: Place;
let store: ObjectStore;
let chunked: StoredBlob;
let whole: StoredBlob;

beforeAll(async () => {
  place = memoryPlace();
  store = await place.open();
  await putOne(store, PLAIN, OPTIONS);
  await putOne(store, TEXT, OPTIONS);
  chunked = await putOne(store, FRAGMENTED, OPTIONS);
  expect(chunked.reusedBytes).toBeGreaterThan(900 * KIB);
  whole = await putOne(store, PLAIN.slice(1), { chunkAbove: Number.POSITIVE_INFINITY });
});

afterAll(() => place.drop());

describe("a range", () => {
  it("is the bytes that it names, of a chunked blob and of a whole one", async () => {
    const blobs = BlobStore.open(store);
    const reader = await blobs.rangeReader(chunked.id);
    expect(reader.size).toBe(FRAGMENTED.length);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(FRAGMENTED.length - 1),
        fc.oneof(fc.nat(300), fc.nat(FRAGMENTED.length)),
        async (start, length) => {
          const end = Math.min(FRAGMENTED.length, start + length + 1);
          const right = FRAGMENTED.subarray(start, end);
          expect(same(await reader.read(start, end), right)).toBe(true);
          const range = { start, end: start + length + 1 };
          expect(same(await blobs.bytes(chunked.id, { range }), right)).toBe(true);
          if (end > whole.size) return;
          const ofWhole = PLAIN.subarray(1 + start, 1 + end);
          expect(same(await blobs.bytes(whole.id, { range: { start, end } }), ofWhole)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("at both ends, empty, by its suffix, and beyond the end", async () => {
    const blobs = BlobStore.open(store);
    const { size } = chunked;
    const reader = await blobs.rangeReader(chunked.id);
    expect(await reader.read(5, 5)).toHaveLength(0);
    expect(await reader.read(size, size)).toHaveLength(0);
    const cases = [
      { range: { suffix: 10 }, right: FRAGMENTED.subarray(size - 10) },
      { range: { start: size - 1 }, right: FRAGMENTED.subarray(size - 1) },
      { range: { start: 0, end: size + 5 }, right: FRAGMENTED },
      { range: { start: 1 }, right: FRAGMENTED.subarray(1) },
    ];
    for (const { range, right } of cases) {
      expect(same(await blobs.bytes(chunked.id, { range }), right)).toBe(true);
    }
    for (const range of [{ start: size }, { start: 7, end: 7 }, { start: -1 }, { suffix: 0 }]) {
      await expect(blobs.bytes(chunked.id, { range })).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
  });

  it("costs some chunks, and a footer once", async () => {
    const big = randomBytes(6 * KIB * KIB, 4);
    const { id } = await putOne(store, big, OPTIONS);
    let read = 0;
    const traced = store.with(
      trace(({ operation, key, bytes }) => {
        if (key.startsWith("packs/") && operation !== "head") read += bytes;
      }),
    );
    const reader = await BlobStore.open(traced).rangeReader(id);
    expect(read).toBe(0);
    expect(same(await reader.read(3_000_000, 3_000_100), big.subarray(3_000_000, 3_000_100))).toBe(
      true,
    );
    expect(read).toBeLessThan(64 * KIB + 4 * 128 * KIB);
    read = 0;
    await reader.read(3_000_200, 3_000_300);
    expect(read).toBe(0);
    await reader.read(5_000_000, 5_000_100);
    expect(read).toBeLessThan(4 * 128 * KIB);
    expect(read).toBeGreaterThan(0);
  });
});

describe("a blob that is repacked while it is read", () => {
  it.each(["before", "after"] as const)(
    "is read on by its new recipe, %s the first read",
    async (when) => {
      const own = memoryPlace();
      const home = await own.open();
      const bytes = randomBytes(3 * KIB * KIB, 5);
      const old = await putOne(home, bytes, OPTIONS);
      const [oldPack] = await keysOfPacks(home);
      const reader = await BlobStore.open(home).rangeReader(old.id);
      if (when === "after") await reader.read(0, 1000);
      // The same chunks in another pack, and a recipe that leads there.
      const elsewhere = memoryPlace();
      const other = await elsewhere.open();
      const again = await putOne(other, bytes, OPTIONS);
      const [newPack] = await keysOfPacks(other);
      await home.put(newPack!, await other.bytes(newPack!));
      await home.put(old.key, await other.bytes(again.key));
      await home.delete(oldPack!);
      expect(same(await reader.read(10, bytes.length), bytes.subarray(10))).toBe(true);
      await home.delete(newPack!);
      await expect(reader.read(1_000_000, 1_000_005)).rejects.toMatchObject({
        code: "integrity",
        details: { key: newPack },
      });
      await Promise.all([own.drop(), elsewhere.drop()]);
    },
  );
});

async function keysOfPacks(from: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of from.list({ prefix: "packs/" })) keys.push(key);
  return keys;
}

describe("an abort", () => {
  it("ends a read and a put, and the session can go on", async () => {
    const reading = new AbortController();
    const stream = BlobStore.open(store).stream(chunked.id, { signal: reading.signal });
    await stream.next();
    reading.abort();
    await expect(drain(stream)).rejects.toMatchObject({ code: "aborted" });

    const stop = new AbortController();
    let ended = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (let n = 0; ; n++) {
          if (n === 40) stop.abort();
          yield randomBytes(50 * KIB, n);
        }
      } finally {
        ended = true;
      }
    }
    await using session = await BlobStore.open(store, OPTIONS).session();
    const bytes = { name: "one", type: "bytes", format: "bin" };
    const put = session.put(endless(), bytes, { signal: stop.signal });
    await expect(put).rejects.toMatchObject({ code: "aborted" });
    expect(ended).toBe(true);
    expect((await session.put(randomBytes(40 * KIB, 9), bytes)).layout).toBe("chunked");
  });

  it("ends a put whose source is stalled, before and behind the size of whole blobs", async () => {
    await using session = await BlobStore.open(store, OPTIONS).session();
    for (const pieces of [0, 40]) {
      const stop = new AbortController();
      async function* stalled(): AsyncGenerator<Uint8Array> {
        for (let n = 0; n < pieces; n++) yield randomBytes(50 * KIB, n);
        setImmediate(() => stop.abort());
        await new Promise(() => {});
      }
      const bytes = { name: "one", type: "bytes", format: "bin" };
      const put = session.put(stalled(), bytes, { signal: stop.signal });
      await expect(put).rejects.toMatchObject({ code: "aborted" });
    }
  });

  it("of the source is what the put ends with", async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield randomBytes(100 * KIB, 1);
      throw new RangeError("no more");
    }
    await using session = await BlobStore.open(store, OPTIONS).session();
    const put = session.put(broken(), { name: "one", type: "bytes", format: "bin" });
    await expect(put).rejects.toMatchObject({ message: expect.stringContaining("no more") });
  });
});

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
