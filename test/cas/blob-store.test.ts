import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BlobSource, BlobStore, encodePart } from "../../src/cas/index.js";
import type { ObjectStore } from "../../src/storage/index.js";
import {
  diskPlace,
  keysOf,
  memoryPlace,
  type Place,
  putOne,
  randomBytes,
  same,
  sha256,
  streamed,
  textBytes,
} from "./blobs/places.js";

const KIB = 1024;
const MIB = KIB * KIB;
const BYTES = { name: "one", type: "bytes", format: "bin" };

describe.each([
  ["memory", async () => memoryPlace()],
  ["file", diskPlace],
] as const)("blobs on %s", (_, makePlace) => {
  let place: Place;
  let store: ObjectStore;

  beforeAll(async () => {
    place = await makePlace();
    store = await place.open();
  });

  afterAll(() => place.drop());

  it.each([0, 1, 8 * KIB, MIB - 1, MIB, MIB + 1, MIB + 128 * KIB, 3 * MIB + 7])(
    "gives back %i bytes, from memory and from a stream",
    async (size) => {
      const random = randomBytes(size, 17 + size);
      const text = textBytes(size, 18 + size);
      for (const [source, bytes] of [
        [random, random],
        [streamed(text), text],
      ] as [BlobSource, Uint8Array][]) {
        const blobs = BlobStore.open(store);
        await using session = await blobs.session();
        const stored = await session.put(source, BYTES);
        expect(stored).toMatchObject({
          id: sha256(bytes),
          size,
          layout: size > MIB ? "chunked" : "whole",
        });
        expect(stored.newBytes + stored.reusedBytes).toBe(size);
        const cold = BlobStore.open(store);
        expect(same(await cold.bytes(stored.id), bytes)).toBe(true);
        expect(await cold.find(stored.id)).toEqual({
          id: stored.id,
          size,
          format: "bin",
          layout: stored.layout,
          key: stored.key,
        });
        expect(await cold.metadata(stored.id)).toMatchObject({
          name: "one",
          hash: stored.id,
          size,
        });
      }
    },
  );

  it("compresses what shrinks and leaves the rest as it is", async () => {
    const text = await putOne(store, textBytes(4 * MIB, 3));
    expect(text.storedBytes).toBeLessThan(text.size / 2);
    const random = await putOne(store, randomBytes(4 * MIB, 3));
    expect(random.storedBytes).toBe(random.size);
    const plain = await putOne(store, textBytes(4 * MIB, 4), { compression: "none" });
    expect(plain.storedBytes).toBe(plain.size);
  });

  it("writes nothing for a blob that is there", async () => {
    const bytes = randomBytes(2 * MIB, 5);
    const first = await putOne(store, bytes);
    const keys = await keysOf(store);
    for (const source of [bytes, streamed(bytes)]) {
      await using session = await BlobStore.open(store).session();
      const again = await session.put(source, { ...BYTES, name: "another" });
      expect(again).toMatchObject({ id: first.id, existed: true, newBytes: 0, storedBytes: 0 });
    }
    expect(await keysOf(store)).toEqual(keys);
    expect((await BlobStore.open(store).metadata(first.id)).name).toBe("one");
  });

  it("stores a chunk once, wherever it is met", async () => {
    const old = randomBytes(20 * MIB, 6);
    const first = await putOne(store, old);
    expect(first.reusedChunks).toBe(0);
    const edited = new Uint8Array(old.length + 17);
    const at = 7_654_321;
    edited.set(old.subarray(0, at));
    edited.set(randomBytes(17, 7), at);
    edited.set(old.subarray(at), at + 17);
    const second = await putOne(store, edited);
    expect(second.newChunks).toBeLessThanOrEqual(4);
    expect(second.newChunks).toBeGreaterThan(0);
    expect(second.reusedChunks + second.newChunks).toBeGreaterThan(200);
    expect(same(await BlobStore.open(store).bytes(second.id), edited)).toBe(true);
    expect(same(await BlobStore.open(store).bytes(first.id), old)).toBe(true);
  });

  it("finds repeated chunks in one blob", async () => {
    const stored = await putOne(store, new Uint8Array(5 * MIB));
    expect(stored.newChunks).toBe(1);
    expect(same(await BlobStore.open(store).bytes(stored.id), new Uint8Array(5 * MIB))).toBe(true);
  });

  it("begins a chunk with each part", async () => {
    const files = [3, 200 * KIB, 1, 0, 900 * KIB, 250 * KIB].map((size, i) =>
      textBytes(size, 40 + i),
    );
    async function* parts(order: readonly number[]) {
      for (const i of order)
        yield i % 2 === 0 ? (files[i] as Uint8Array) : streamed(files[i]!, 999);
    }
    const put = async (order: readonly number[]) => {
      await using session = await BlobStore.open(store).session();
      const stored = await session.put({ parts: parts(order) }, { ...BYTES, type: "tree" });
      const whole = Buffer.concat(order.map((i) => files[i]!));
      expect(stored.id).toBe(sha256(whole));
      expect(same(await BlobStore.open(store).bytes(stored.id), whole)).toBe(true);
      return stored;
    };
    expect((await put([0, 1, 2, 3, 4, 5])).reusedBytes).toBe(0);
    expect((await put([5, 4, 3, 2, 1, 0])).newBytes).toBe(0);
    const small = await put([0, 1, 2]);
    expect(small.layout).toBe("whole");
  });

  it("stores any size as one object if it is told to", async () => {
    const bytes = randomBytes(3 * MIB, 8);
    const stored = await BlobStore.open(store, { chunkAbove: Number.POSITIVE_INFINITY })
      .session()
      .then(async (session) => {
        const one = await session.put(streamed(bytes), BYTES);
        await session.close();
        return one;
      });
    expect(stored.key).toBe(`data/${stored.id.slice(0, 2)}/${stored.id}/data.bin`);
    const other = randomBytes(3 * MIB, 9);
    await using session = await BlobStore.open(store).session();
    const whole = await session.put(other, { ...BYTES, format: "npy" }, { layout: "whole" });
    expect(whole).toMatchObject({ layout: "whole", format: "npy", storedBytes: other.length });
    expect(same(await store.bytes(whole.key), other)).toBe(true);
  });

  it("shares chunks between puts that run at once", async () => {
    const part = randomBytes(4 * MIB, 10);
    await using session = await BlobStore.open(store).session();
    const blobs = [1, 2, 3, 4].map((n) => Buffer.concat([part, randomBytes(100_000 * n, n), part]));
    const stored = await Promise.all(
      blobs.map((bytes, i) => session.put(i % 2 === 0 ? bytes : streamed(bytes), BYTES)),
    );
    const fresh = stored.reduce((sum, { newBytes }) => sum + newBytes, 0);
    expect(fresh).toBeLessThan(part.length + 1_000_000 + 16 * 128 * KIB);
    for (const [i, { id }] of stored.entries()) {
      expect(same(await BlobStore.open(store).bytes(id), blobs[i]!)).toBe(true);
    }
  });

  it("lets two sessions store the same blob at once", async () => {
    const bytes = randomBytes(6 * MIB, 11);
    const blobs = BlobStore.open(store);
    const stored = await Promise.all([
      putOne(store, bytes),
      putOne(store, bytes),
      blobs.session().then(async (session) => {
        const one = await session.put(streamed(bytes), BYTES);
        await session.close();
        return one;
      }),
    ]);
    expect(new Set(stored.map(({ id }) => id)).size).toBe(1);
    expect(same(await BlobStore.open(store).bytes(stored[0]!.id), bytes)).toBe(true);
  });

  it("finds a blob by its digest, tells its links and refs", async () => {
    const digest = `bytes-v1:${"ab".repeat(32)}`;
    const blobs = BlobStore.open(store);
    await using session = await blobs.session();
    const leaf = await session.put(randomBytes(10, 12), BYTES);
    const links = [leaf.id];
    const tree = await session.put(randomBytes(11, 12), { ...BYTES, digest, links });
    expect(await blobs.findDigest(digest)).toMatchObject({ id: tree.id, size: 11 });
    expect(await blobs.findDigest(`bytes-v2:${"ab".repeat(32)}`)).toBeUndefined();
    expect(await blobs.links(tree.id)).toEqual(links);
    expect(await blobs.links(leaf.id)).toEqual([]);
    const owners = ["", "a/b ü", "..", "x".repeat(300), "run-1"];
    for (const owner of owners) await session.addRef({ blob: tree.id, kind: "runs", owner });
    await session.addRef({ blob: tree.id, kind: "names", owner: "n" });
    await session.addRef({ blob: tree.id, kind: "names", owner: "n" });
    await session.confirm();
    const told: string[] = [];
    for await (const ref of blobs.refs(tree.id, { kind: "runs" })) {
      expect(ref).toMatchObject({ blob: tree.id, kind: "runs" });
      told.push(ref.owner);
    }
    expect(told.sort()).toEqual([...owners].sort());
    expect(
      await store.exists(`refs/${tree.id.slice(0, 2)}/${tree.id}/names/${encodePart("n")}`),
    ).toBe(true);
  });

  it("holds only what is there, and refers only to what it holds", async () => {
    const stored = await putOne(store, randomBytes(100, 13));
    await using session = await BlobStore.open(store).session();
    const ref = { blob: stored.id, kind: "runs", owner: "r" };
    await expect(session.addRef(ref)).rejects.toMatchObject({ code: "invalid-argument" });
    expect(await session.hold(stored.id)).toMatchObject({ id: stored.id, size: 100 });
    await session.addRef(ref);
    const none = "0".repeat(64);
    await expect(session.hold(none)).rejects.toMatchObject({ code: "not-found" });
    await expect(session.hold("abc")).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(BlobStore.open(store).bytes(none)).rejects.toMatchObject({ code: "not-found" });
    expect(await BlobStore.open(store).find(none)).toBeUndefined();
  });

  it("tells of progress and leaves no lease", async () => {
    const bytes = textBytes(5 * MIB, 14);
    const told: number[] = [];
    const session = await BlobStore.open(store).session({
      onProgress: ({ bytes, storedBytes, reusedBytes }) => {
        expect(reusedBytes).toBeLessThanOrEqual(bytes);
        expect(storedBytes).toBeLessThanOrEqual(bytes);
        told.push(bytes);
      },
    });
    expect(await keysOf(store, "leases/")).toHaveLength(1);
    await session.put(streamed(bytes), BYTES);
    await session.put(randomBytes(1000, 14), BYTES);
    await session.close();
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(bytes.length + 1000);
    expect(await keysOf(store, "leases/")).toEqual([]);
  });
});
