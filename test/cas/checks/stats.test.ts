import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BlobStore } from "../../../src/cas/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { keysOf, memoryPlace, type Place } from "../blobs/places.js";
import { packOf, type Stocked, stock } from "./stocked.js";

const KIB = 1024;

let place: Place;
let store: ObjectStore;
let stocked: Stocked;

beforeEach(async () => {
  place = memoryPlace();
  store = await place.open();
  stocked = await stock(store);
});

afterEach(() => place.drop());

async function bytesOf(prefix = ""): Promise<number> {
  let bytes = 0;
  for await (const { size } of store.list({ prefix })) bytes += size;
  return bytes;
}

describe("stats", () => {
  it("are those of an empty store", async () => {
    const empty = memoryPlace();
    const stats = await BlobStore.open(await empty.open()).stats();
    expect(stats).toMatchObject({
      blobs: { count: 0, bytes: 0 },
      refs: { refs: 0, logicalBytes: 0 },
      refsByKind: {},
      objects: { objects: 0, bytes: 0 },
      ratios: { compression: 1, chunkSharing: 1, blobSharing: 1, total: 1 },
      unreadable: 0,
    });
    await empty.drop();
  });

  it("count blobs, chunks and packs, and what is shared", async () => {
    const { blobs, chunks, packs, ratios, unreadable } = await BlobStore.open(store).stats();
    expect(blobs).toEqual({
      count: 5,
      whole: 3,
      chunked: 2,
      bytes: 800 * KIB + 2500,
      wholeBytes: 2500,
      chunkedBytes: 800 * KIB,
    });
    const { chunked, shared } = stocked;
    expect(chunks.plainBytes).toBe(chunked.newBytes + shared.newBytes);
    expect(chunks.storedBytes).toBe(chunked.storedBytes + shared.storedBytes);
    expect(chunks.stored).toBe(chunked.newChunks + shared.newChunks);
    expect(chunks.used).toBe(
      2 * chunked.newChunks + shared.newChunks - (chunked.newChunks - shared.reusedChunks),
    );
    expect(packs).toEqual({
      count: 2,
      bytes: await bytesOf("packs/"),
      usedBytes: chunks.storedBytes,
    });
    expect(ratios.compression).toBeCloseTo(chunks.plainBytes / chunks.storedBytes);
    expect(ratios.compression).toBeGreaterThan(1.2);
    expect(ratios.chunkSharing).toBeCloseTo((800 * KIB) / chunks.plainBytes);
    expect(unreadable).toBe(0);
  });

  it("count refs by kind, each ref and each blob once", async () => {
    await using session = await BlobStore.open(store).session();
    for (const owner of ["a", "b"]) {
      await session.hold(stocked.whole.id);
      await session.addRef({ blob: stocked.whole.id, kind: "names", owner });
    }
    const { refs, refsByKind, ratios } = await BlobStore.open(store).stats();
    const bytes = 800 * KIB + 2500;
    expect(refsByKind).toEqual({
      names: { refs: 2, blobs: 1, uniqueBytes: 2000, logicalBytes: 4000 },
      runs: { refs: 5, blobs: 5, uniqueBytes: bytes, logicalBytes: bytes },
    });
    expect(refs).toEqual({ refs: 7, blobs: 5, uniqueBytes: bytes, logicalBytes: bytes + 4000 });
    expect(ratios.blobSharing).toBeCloseTo((bytes + 4000) / bytes);
  });

  it("count every object once, also those that no blob has", async () => {
    await store.put("manifests/run.json", "12345");
    await store.put("readme", "1");
    await store.put("data/readme", "1");
    const { objects, objectsByFolder, ratios, refs } = await BlobStore.open(store).stats();
    expect(objects).toEqual({ objects: (await keysOf(store)).length, bytes: await bytesOf() });
    expect(objectsByFolder.manifests).toEqual({ objects: 1, bytes: 5 });
    expect(objectsByFolder[""]).toEqual({ objects: 1, bytes: 1 });
    for (const folder of ["data", "packs", "index", "digests", "refs"]) {
      expect(objectsByFolder[folder]?.bytes, folder).toBe(await bytesOf(`${folder}/`));
    }
    expect(ratios.total).toBeCloseTo(refs.logicalBytes / objects.bytes);
  });

  it("leave out what is damaged, and say so", async () => {
    const { key } = await packOf("shared", stocked);
    await store.put(key, "x");
    await store.put(stocked.chunked.key, "x");
    const { unreadable, blobs, packs } = await BlobStore.open(store).stats();
    expect(unreadable).toBe(2);
    expect(blobs).toMatchObject({ count: 4, chunked: 1 });
    expect(packs.count).toBe(2);
  });

  it("stop when they are told to", async () => {
    const signal = AbortSignal.abort();
    await expect(BlobStore.open(store).stats({ signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });
});
