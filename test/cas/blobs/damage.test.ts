import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BlobId, BlobStore, type StoredBlob } from "../../../src/cas/index.js";
import { isLodeError, type LodeError } from "../../../src/errors.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { keysOf, memoryPlace, type Place, putOne, randomBytes, same, textBytes } from "./places.js";

const KIB = 1024;
const OPTIONS = { chunkAbove: 16 * KIB };
/** Plain and compressed chunks, one of them twice. */
const BYTES = Buffer.concat([
  randomBytes(100 * KIB, 1),
  textBytes(200 * KIB, 2),
  new Uint8Array(256 * KIB),
]);

let place: Place;
let store: ObjectStore;
let blob: StoredBlob;

beforeEach(async () => {
  place = memoryPlace();
  store = await place.open();
  blob = await putOne(store, BYTES, OPTIONS);
  expect(blob.layout).toBe("chunked");
});

afterEach(() => place.drop());

async function failure(work: Promise<unknown>): Promise<LodeError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (isLodeError(error)) return error;
    throw error;
  }
}

/** What a stream gave before it failed, and its failure. */
async function drained(id: BlobId): Promise<{ given: Uint8Array; error: LodeError | undefined }> {
  const pieces: Uint8Array[] = [];
  const error = await failure(
    (async () => {
      for await (const piece of BlobStore.open(store).stream(id)) pieces.push(piece.slice());
    })(),
  );
  return { given: Buffer.concat(pieces), error };
}

async function onlyKey(prefix: string): Promise<string> {
  const keys = await keysOf(store, prefix);
  expect(keys).toHaveLength(1);
  return keys[0]!;
}

async function eachFlip(
  key: string,
  positions: (size: number) => Iterable<number>,
  check: (at: string, position: number) => Promise<void>,
): Promise<void> {
  const right = await store.bytes(key);
  for (const position of positions(right.length)) {
    const damaged = right.slice();
    damaged[position]! ^= 1 << (position % 8);
    await store.put(key, damaged);
    await check(`${key}, byte ${position} of ${right.length}`, position);
  }
  await store.put(key, right);
}

function* all(size: number): Generator<number> {
  for (let at = 0; at < size; at++) yield at;
}

/** All bytes of the footer, some of the chunks. */
function* ofPack(size: number): Generator<number> {
  for (let at = 8; at < size - 600; at += 3989) yield at;
  for (let at = size - 600; at < size; at++) yield at;
}

describe("a flipped bit", () => {
  it("in a pack is found and named, or changes nothing", async () => {
    const key = await onlyKey("packs/");
    let found = 0;
    await eachFlip(key, ofPack, async (at) => {
      const { given, error } = await drained(blob.id);
      // Some bits of a zstd frame mean nothing to some of its decoders.
      if (error === undefined) return expect(same(given, BYTES), at).toBe(true);
      found++;
      expect(error, at).toMatchObject({
        code: "integrity",
        details: { blob: blob.id, key, pack: key.slice(-32), offset: expect.any(Number) },
      });
      expect(given.length, at).toBeLessThan(BYTES.length);
      expect(same(given, BYTES.subarray(0, given.length)), at).toBe(true);
    });
    expect(found).toBeGreaterThan(600);
  });

  it("in a recipe is found and named, or changes nothing", async () => {
    const key = `data/${blob.id.slice(0, 2)}/${blob.id}/recipe.json`;
    let found = 0;
    await eachFlip(key, all, async (at) => {
      const { given, error } = await drained(blob.id);
      if (error === undefined) return expect(same(given, BYTES), at).toBe(true);
      found++;
      expect(error, at).toMatchObject({ code: "integrity", details: { blob: blob.id, key } });
      expect(given.length, at).toBe(0);
    });
    expect(found).toBeGreaterThan(200);
  });

  it("in an index object is found and named before anything relies on it", async () => {
    const key = await onlyKey("index/");
    await eachFlip(key, all, async (at) => {
      const error = await failure(putOne(store, randomBytes(40 * KIB, 3), OPTIONS));
      expect(error, at).toMatchObject({ code: "integrity", details: { key } });
    });
  });

  it("in a whole blob is found and named", async () => {
    const bytes = randomBytes(2000, 4);
    const { id, key } = await putOne(store, bytes);
    await eachFlip(key, all, async (at) => {
      const { given, error } = await drained(id);
      expect(error, at).toMatchObject({ code: "integrity", details: { blob: id, key, offset: 0 } });
      expect(given.length, at).toBe(0);
      const range = { start: 3, end: 5 };
      const ofRange = await failure(BlobStore.open(store).bytes(id, { range }));
      expect(ofRange?.code, at).toBe("integrity");
    });
  });
});

describe("a pack", () => {
  it.each([0, 1, 39, 40, 500, 100_000])("cut off after %i bytes is damage", async (length) => {
    const key = await onlyKey("packs/");
    await store.put(key, (await store.bytes(key)).slice(0, length));
    const { given, error } = await drained(blob.id);
    expect(error).toMatchObject({ code: "integrity", details: { blob: blob.id, key } });
    expect(given.length).toBe(0);
  });

  it("that lost its first byte, or got another one, is damage", async () => {
    const key = await onlyKey("packs/");
    const right = await store.bytes(key);
    for (const damaged of [right.slice(1), Buffer.concat([right.subarray(0, 9), right])]) {
      await store.put(key, damaged);
      const { error } = await drained(blob.id);
      expect(error).toMatchObject({ code: "integrity", details: { blob: blob.id, key } });
    }
  });

  it("exchanged with another is damage", async () => {
    const key = await onlyKey("packs/");
    await putOne(store, randomBytes(300 * KIB, 5), OPTIONS);
    const other = (await keysOf(store, "packs/")).find((one) => one !== key)!;
    await store.put(key, await store.bytes(other));
    const { given, error } = await drained(blob.id);
    expect(error).toMatchObject({ code: "integrity", details: { blob: blob.id, key } });
    expect(error?.message).toContain(other.slice(-32));
    expect(given.length).toBe(0);
  });

  it("that is missing is damage of the blob, not a missing blob", async () => {
    const key = await onlyKey("packs/");
    await store.delete(key);
    const { error } = await drained(blob.id);
    expect(error).toMatchObject({ code: "integrity", details: { blob: blob.id, key } });
  });

  it("that is missing or damaged is not relied on by new blobs", async () => {
    const key = await onlyKey("packs/");
    const longer = Buffer.concat([BYTES, randomBytes(10, 6)]);
    await store.delete(key);
    const again = await putOne(store, longer, OPTIONS);
    expect(again.reusedBytes).toBeLessThan(200 * KIB);
    expect(same(await BlobStore.open(store).bytes(again.id), longer)).toBe(true);
    const [pack] = await keysOf(store, "packs/");
    await store.put(pack!, (await store.bytes(pack!)).slice(5));
    const more = Buffer.concat([longer, randomBytes(10, 7)]);
    const third = await putOne(store, more, OPTIONS);
    expect(same(await BlobStore.open(store).bytes(third.id), more)).toBe(true);
  });
});

describe("a recipe", () => {
  it("of another blob is damage", async () => {
    const other = await putOne(store, randomBytes(100 * KIB, 8), OPTIONS);
    await store.put(blob.key, await store.bytes(other.key));
    const { error } = await drained(blob.id);
    expect(error).toMatchObject({ code: "integrity", details: { blob: blob.id, key: blob.key } });
  });
});

describe("a whole blob", () => {
  it("of another size is stored again by who has the right bytes", async () => {
    const bytes = randomBytes(2000, 9);
    const { id, key } = await putOne(store, bytes);
    await store.put(key, bytes.slice(1));
    expect((await drained(id)).error?.code).toBe("integrity");
    expect(await putOne(store, bytes)).toMatchObject({ existed: false, key });
    expect(same(await BlobStore.open(store).bytes(id), bytes)).toBe(true);
  });

  it("above 8 MiB is given up before its last piece", async () => {
    const bytes = randomBytes(9 * KIB * KIB, 10);
    const { id, key } = await putOne(store, bytes, { chunkAbove: Number.POSITIVE_INFINITY });
    const damaged = bytes.slice();
    damaged[1000]! ^= 4;
    await store.put(key, damaged);
    const { given, error } = await drained(id);
    expect(error).toMatchObject({ code: "integrity", details: { blob: id, key } });
    expect(given.length).toBeLessThan(bytes.length);
  });
});
