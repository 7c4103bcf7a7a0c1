import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BlobStore, type VerifyMode, type VerifyProgress } from "../../../src/cas/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { diskPlace, keysOf, memoryPlace, type Place, randomBytes } from "../blobs/places.js";
import { DIGEST, findings, flip, packOf, type Stocked, stock } from "./stocked.js";

const MODES: VerifyMode[] = ["quick", "sampled", "full"];

describe("verify", () => {
  let place: Place;
  let store: ObjectStore;
  let stocked: Stocked;

  beforeEach(async () => {
    place = memoryPlace();
    store = await place.open();
    stocked = await stock(store);
  });

  afterEach(() => place.drop());

  it.each(MODES)("finds nothing in a sound one (%s)", async (mode) => {
    const verification = BlobStore.open(store).verify({ mode, percent: 100 });
    for await (const finding of verification) expect.fail(JSON.stringify(finding));
    const read = mode === "quick" ? { readBlobs: 0, readPacks: 0 } : { readBlobs: 5, readPacks: 2 };
    expect(verification.summary).toMatchObject({ mode, blobs: 5, packs: 2, sound: true, ...read });
  });

  it.each(["chunked", "shared", "whole", "empty", "tree"] as const)(
    "finds that the blob %s is gone, by what needs it",
    async (name) => {
      const blob = stocked[name];
      await store.delete(blob.key);
      await store.delete(`data/${blob.id.slice(0, 2)}/${blob.id}/metadata.json`);
      const found = await findings(store, { mode: "quick" });
      expect(found.filter(({ kind }) => kind === "missing")).toMatchObject([
        { kind: "missing", blob: blob.id },
      ]);
    },
  );

  it("finds that a pack is gone, for each blob that needs it, and what tells of it", async () => {
    const { pack, key } = await packOf("chunked", stocked);
    await store.delete(key);
    const found = await findings(store, { mode: "quick" });
    const { chunked, shared } = stocked;
    expect(found).toHaveLength(3);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: "missing", key, pack, blob: chunked.id }),
        expect.objectContaining({ kind: "missing", key, pack, blob: shared.id }),
        expect.objectContaining({ kind: "dangling", key: expect.stringMatching(/^index\//) }),
      ]),
    );
  });

  it("finds what else is gone", async () => {
    const { chunked } = stocked;
    const metadata = `data/${chunked.id.slice(0, 2)}/${chunked.id}/metadata.json`;
    await store.delete(metadata);
    expect(await findings(store, { mode: "quick" })).toMatchObject([
      { kind: "missing", key: metadata, blob: chunked.id },
    ]);
  });

  it("finds packs that no index object tells of, and a digest that does not lead to its blob", async () => {
    for (const key of await keysOf(store, "index/")) await store.delete(key);
    for (const key of await keysOf(store, "digests/")) await store.delete(key);
    const found = await findings(store, { mode: "quick" });
    expect(found.map(({ kind }) => kind)).toEqual(["orphan", "orphan", "orphan"]);
    expect(found[2]).toMatchObject({ blob: stocked.chunked.id });
    expect(found[2]?.key).toContain(DIGEST.slice("bytes-v1:".length));
  });

  it("finds what leads nowhere and what was cut short", async () => {
    const gone = "cd".repeat(32);
    await store.put(`digests/bytes-v1/ab/${"ab".repeat(32)}/${gone}`, "{}");
    await store.put(`data/cd/${gone}/metadata.json`, "{}");
    await store.put("packs/readme", "");
    await store.put("data/readme", "");
    const found = await findings(store, { mode: "full" });
    expect(found.map(({ kind }) => kind)).toEqual(["leftover", "leftover", "leftover", "dangling"]);
  });

  it("finds by listings that an object is cut off", async () => {
    const { whole, chunked } = stocked;
    const { key } = await packOf("shared", stocked);
    for (const cut of [whole.key, chunked.key, key]) {
      const right = await store.bytes(cut);
      await store.put(cut, right.slice(0, -3));
      const found = await findings(store, { mode: "quick" });
      expect(found.length, cut).toBeGreaterThan(0);
      expect(found[0], cut).toMatchObject({ kind: "corrupt", key: cut });
      await store.put(cut, right);
    }
    expect(await findings(store, { mode: "full" })).toEqual([]);
  });

  it("finds objects that were exchanged", async () => {
    const one = await packOf("chunked", stocked);
    const other = await packOf("shared", stocked);
    const bytes = await store.bytes(one.key);
    await store.put(one.key, await store.bytes(other.key));
    await store.put(other.key, bytes);
    const found = await findings(store, { mode: "quick" });
    expect(found.filter(({ blob }) => blob === undefined)).toMatchObject([
      { kind: "corrupt" },
      { kind: "corrupt" },
    ]);
    expect(new Set(found.map(({ blob }) => blob))).toEqual(
      new Set([undefined, stocked.chunked.id, stocked.shared.id]),
    );
  });

  it("finds metadata that are another's, or tell of another size", async () => {
    const key = ({ id }: { id: string }) => `data/${id.slice(0, 2)}/${id}/metadata.json`;
    const { whole, tree, chunked } = stocked;
    const own = await store.text(key(whole));
    await store.put(key(whole), await store.text(key(tree)));
    await store.put(key(tree), own.replace('"size": 2000', '"size": 1').replace(whole.id, tree.id));
    await store.put(
      key(chunked),
      (await store.text(key(chunked))).replace(/"size": \d/, '"size": 9'),
    );
    const found = await findings(store, { mode: "quick" });
    expect(found.map(({ kind }) => kind)).toEqual(["corrupt", "corrupt", "corrupt"]);
    expect(new Set(found.map((finding) => finding.key))).toEqual(
      new Set([key(whole), key(tree), key(chunked)]),
    );
  });

  it("finds a flipped bit of bytes by reading them, and names the place", async () => {
    const { whole, chunked, shared } = stocked;
    const { pack, key } = await packOf("chunked", stocked);
    await flip(store, whole.key, 77);
    await flip(store, key, 5000);
    await flip(store, key, 3);
    expect(await findings(store, { mode: "quick" })).toEqual([]);
    const found = await findings(store, { mode: "full" });
    expect(found).toHaveLength(5);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: "corrupt", key, pack, offset: 0 }),
        expect.objectContaining({ kind: "corrupt", key, pack, offset: 8 }),
        expect.objectContaining({ kind: "corrupt", key, blob: chunked.id, offset: 8 }),
        expect.objectContaining({ kind: "corrupt", key, blob: shared.id, offset: 8 }),
        expect.objectContaining({ kind: "corrupt", key: whole.key, blob: whole.id }),
      ]),
    );
  });

  it("leaves an older program's blobs alone, whose names are no SHA-256 of bytes", async () => {
    const id = "ef".repeat(32);
    await store.put(`data/ef/${id}/data.parquet`, randomBytes(100, 9));
    const metadata = { name: "old", hash: id, type: "DataFrame", created_at: "2024-01-01" };
    await store.put(`data/ef/${id}/metadata.json`, JSON.stringify(metadata));
    const verification = BlobStore.open(store).verify({ mode: "full" });
    for await (const finding of verification) expect.fail(JSON.stringify(finding));
    expect(verification.summary).toMatchObject({ foreign: 1, blobs: 6 });
  });

  it("finds a state of collections that cannot be read", async () => {
    await store.put("gc/state.json", "{");
    await store.put("leases/one.json", "{");
    expect(await findings(store, { mode: "quick" })).toMatchObject([
      { kind: "corrupt", key: "gc/state.json" },
      { kind: "corrupt", key: "leases/" },
    ]);
  });
});

describe("verify on disk", () => {
  it("finds damage, and repair mends it", async () => {
    const place = await diskPlace();
    const store = await place.open();
    const stocked = await stock(store);
    expect(await findings(store, { mode: "full" })).toEqual([]);
    const copy = memoryPlace();
    const mirror = await copy.open();
    for (const key of await keysOf(store)) await mirror.put(key, await store.bytes(key));
    const { key } = await packOf("chunked", stocked);
    await flip(store, key, 5000);
    await flip(store, stocked.whole.key, 7);
    await store.delete(stocked.shared.key);
    const found = await findings(store, { mode: "full" });
    expect(new Set(found.map((finding) => finding.key))).toEqual(
      new Set([
        key,
        stocked.whole.key,
        stocked.shared.key.replace("recipe.json", ""),
        stocked.shared.key.replace("recipe.json", "metadata.json"),
      ]),
    );
    expect(await BlobStore.open(store).repair({ sources: [mirror] })).toMatchObject({
      sound: true,
    });
    expect(await findings(store, { mode: "full" })).toEqual([]);
    await place.drop();
    await copy.drop();
  });
});

describe("verify of any store", () => {
  let place: Place;
  let store: ObjectStore;

  beforeEach(async () => {
    place = memoryPlace();
    store = await place.open();
  });

  afterEach(() => place.drop());

  it("finds nothing in an empty store", async () => {
    expect(await findings(store, { mode: "full" })).toEqual([]);
  });

  it("reads a share by seed, another one by another seed", async () => {
    const blobs = BlobStore.open(store);
    await using session = await blobs.session();
    for (let i = 0; i < 200; i++) {
      await session.put(randomBytes(10, i), { name: "one", type: "bytes", format: "bin" });
    }
    for (const key of await keysOf(store, "data/")) {
      if (key.endsWith("data.bin")) await flip(store, key, 3);
    }
    const sample = (seed: number) => findings(store, { mode: "sampled", percent: 20, seed });
    const drawn = await sample(1);
    expect(drawn.length).toBeGreaterThan(10);
    expect(drawn.length).toBeLessThan(90);
    expect(await sample(1)).toHaveLength(drawn.length);
    expect((await sample(2)).map(({ key }) => key).sort()).not.toEqual(
      drawn.map(({ key }) => key).sort(),
    );
    // More findings than are held at a time.
    expect(await findings(store, { mode: "full" })).toHaveLength(200);
  });

  it("tells how far it is, stops when nobody reads on, and when it is told to", async () => {
    await stock(store);
    const told: VerifyProgress[] = [];
    await findings(store, { mode: "full", onProgress: (progress) => told.push(progress) });
    expect(told.at(-1)?.bytes).toBeGreaterThan(500 * 1024);
    expect(told.filter(({ step }) => step === "blobs").at(-1)?.done).toBe(5);
    for (const key of await keysOf(store, "packs/")) await store.delete(key);
    const verification = BlobStore.open(store).verify();
    for await (const _ of verification) break;
    expect(verification.summary).toMatchObject({ blobs: 0, findings: { missing: 0 } });
    const signal = AbortSignal.abort();
    await expect(findings(store, { mode: "full", signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  it("refuses options that cannot be", async () => {
    const blobs = BlobStore.open(store);
    for (const options of [{ percent: 0 }, { percent: 101 }, { mode: "slow" as VerifyMode }]) {
      expect(() => blobs.verify(options)).toThrowError(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    }
  });
});
