import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BlobStore, collectGarbage, type StoredBlob } from "../../src/cas/index.js";
import type { ObjectStore } from "../../src/storage/index.js";
import { keysOf, memoryPlace, type Place, randomBytes, same } from "./blobs/places.js";

const KIB = 1024;
const OPTIONS = { chunkAbove: 16 * KIB };
const BYTES = { name: "one", type: "bytes", format: "bin" };
/** What is done in a moment is old enough. */
const AT_ONCE = { grace: 0, restoreWindow: 0 };

const SHARED = randomBytes(2_000 * KIB, 1);
const KEPT = Buffer.concat([SHARED, randomBytes(300 * KIB, 2)]);
const LOST = Buffer.concat([randomBytes(3_000 * KIB, 3), SHARED]);
const SMALL = randomBytes(500, 4);

let place: Place;
let store: ObjectStore;

beforeEach(async () => {
  place = memoryPlace();
  store = await place.open();
});

afterEach(() => place.drop());

async function put(bytes: Uint8Array, owner?: string): Promise<StoredBlob> {
  await using session = await BlobStore.open(store, OPTIONS).session();
  const stored = await session.put(bytes, BYTES);
  if (owner !== undefined) await session.addRef({ blob: stored.id, kind: "runs", owner });
  await session.confirm();
  return stored;
}

async function collectAll(): Promise<void> {
  for (let cycle = 0; cycle < 5; cycle++) await collectGarbage(store, AT_ONCE);
}

describe("blobs that are stored beside collections", () => {
  it("go if nothing refers to them, stay if something does, and can come again", async () => {
    const lost = await put(LOST);
    const kept = await put(KEPT, "run");
    const small = await put(SMALL);
    expect(kept.reusedBytes).toBeGreaterThan(1_500 * KIB);
    await collectAll();
    const blobs = BlobStore.open(store, OPTIONS);
    expect(await blobs.find(lost.id)).toBeUndefined();
    expect(await blobs.find(small.id)).toBeUndefined();
    expect(same(await blobs.bytes(kept.id), KEPT)).toBe(true);
    const again = await put(LOST, "other run");
    expect(again.reusedBytes).toBeGreaterThan(1_500 * KIB);
    await collectAll();
    expect(same(await blobs.bytes(again.id), LOST)).toBe(true);
    expect(same(await blobs.bytes(kept.id), KEPT)).toBe(true);
    expect(await keysOf(store, "trash/")).toEqual([]);
  });

  it("may be condemned already when they come again", async () => {
    const lost = await put(LOST);
    const small = await put(SMALL);
    const report = await collectGarbage(store, AT_ONCE);
    expect(report.condemned.blobs).toBe(2);
    const kept = await put(KEPT, "run");
    await put(SMALL, "run");
    await put(LOST, "run");
    await collectAll();
    const blobs = BlobStore.open(store, OPTIONS);
    expect(same(await blobs.bytes(lost.id), LOST)).toBe(true);
    expect(same(await blobs.bytes(kept.id), KEPT)).toBe(true);
    expect(same(await blobs.bytes(small.id), SMALL)).toBe(true);
  });

  it("stay while a session that stored them is open", async () => {
    await using session = await BlobStore.open(store, OPTIONS).session();
    const stored = await session.put(LOST, BYTES);
    await collectAll();
    const longer = await session.put(Buffer.concat([LOST, SMALL]), BYTES);
    await session.addRef({ blob: stored.id, kind: "runs", owner: "run" });
    await session.addRef({ blob: longer.id, kind: "runs", owner: "run" });
    await session.confirm();
    await session.close();
    await collectAll();
    expect(same(await BlobStore.open(store).bytes(stored.id), LOST)).toBe(true);
    expect((await BlobStore.open(store).bytes(longer.id)).length).toBe(LOST.length + 500);
  });

  it("are stored anew where a recipe was left whose packs are gone", async () => {
    const lost = await put(LOST);
    for await (const { key } of store.list({ prefix: "packs/" })) await store.delete(key);
    await using session = await BlobStore.open(store, OPTIONS).session();
    await expect(session.hold(lost.id)).rejects.toMatchObject({ code: "not-found" });
    const again = await session.put(LOST, BYTES);
    expect(again.existed).toBe(false);
    expect(same(await BlobStore.open(store, OPTIONS).bytes(lost.id), LOST)).toBe(true);
    expect((await session.hold(lost.id)).layout).toBe("chunked");
  });

  it("are brought back from the trash where a recipe needs them", async () => {
    const lost = await put(LOST);
    const recipe = await store.bytes(lost.key);
    await collectGarbage(store, AT_ONCE);
    await collectGarbage(store, { ...AT_ONCE, restoreWindow: 86_400_000 });
    // As a writer would that slept beyond its lease.
    await store.put(lost.key, recipe);
    await using session = await BlobStore.open(store, OPTIONS).session();
    await session.hold(lost.id);
    expect(same(await BlobStore.open(store, OPTIONS).bytes(lost.id), LOST)).toBe(true);
  });
});
