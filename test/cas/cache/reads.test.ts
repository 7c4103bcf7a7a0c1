import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BlobId, BlobStore, type CacheOptions } from "../../../src/cas/index.js";
import { type ObjectStore, type OperationRecord, trace } from "../../../src/storage/index.js";
import {
  keysOf,
  memoryPlace,
  type Place,
  putOne,
  randomBytes,
  same,
  textBytes,
} from "../blobs/places.js";
import { cacheFiles } from "./cache-files.js";

const KIB = 1024;
const MIB = KIB * KIB;
const WHOLE = { chunkAbove: Number.POSITIVE_INFINITY };

let place: Place;
let store: ObjectStore;
let folder: string;
let calls: OperationRecord[];

beforeEach(async () => {
  place = memoryPlace();
  folder = await mkdtemp(join(tmpdir(), "lodestore-cache-"));
  calls = [];
  store = await place.open(trace((call) => calls.push(call)));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await place.drop();
});

function opened(options: Partial<CacheOptions> = {}): BlobStore {
  return BlobStore.open(store, { cache: { folder, ...options } });
}

/** What the work read of packs and whole blobs: key and bytes of each call. */
async function readsOf(work: () => Promise<unknown>): Promise<{ key: string; bytes: number }[]> {
  calls.length = 0;
  await work();
  return calls
    .filter(({ operation }) => operation === "get" || operation === "read-into")
    .filter(({ key }) => key.startsWith("packs/") || key.includes("/data."))
    .map(({ key, bytes }) => ({ key, bytes }));
}

/** The keys of packs and whole blobs. */
async function contentKeys(): Promise<string[]> {
  return (await keysOf(store)).filter((key) => key.startsWith("packs/") || key.includes("/data."));
}

async function isRight(blobs: BlobStore, id: BlobId, bytes: Uint8Array): Promise<boolean> {
  return same(await blobs.bytes(id), bytes);
}

const LAYOUTS = [
  ["in chunks", Buffer.concat([randomBytes(MIB, 1), textBytes(MIB, 2)]), {}],
  ["whole", textBytes(300 * KIB, 3), {}],
  ["large and whole", randomBytes(9 * MIB, 4), WHOLE],
] as const;

describe.each(LAYOUTS)("a blob that is stored %s", (_, bytes, options) => {
  let id: BlobId;
  beforeEach(async () => {
    ({ id } = await putOne(store, bytes, options));
  });

  it("is read from the store once", async () => {
    const first = await readsOf(async () => expect(await isRight(opened(), id, bytes)).toBe(true));
    expect(first.length).toBeGreaterThan(0);
    const again = await readsOf(async () => expect(await isRight(opened(), id, bytes)).toBe(true));
    expect(again).toEqual([]);
  });

  it("gives ranges from the cache, checked or not", async () => {
    await opened().bytes(id);
    const reads = await readsOf(async () => {
      const [start, end] = [bytes.length / 3, bytes.length / 2].map(Math.floor) as [number, number];
      for (const verify of [true, false]) {
        const part = await opened().bytes(id, { range: { start, end }, verify });
        expect(same(part, bytes.subarray(start, end))).toBe(true);
      }
      const reader = await opened().rangeReader(id);
      expect(same(await reader.read(start, end), bytes.subarray(start, end))).toBe(true);
    });
    expect(reads).toEqual([]);
  });

  it("is healed from the store wherever the cache is damaged", async () => {
    await opened().bytes(id);
    for (const { path, bytes: size } of await cacheFiles(folder)) {
      const right = await readFile(join(folder, path));
      for (const at of [0, Math.floor(size / 2), size - 1]) {
        const damaged = Buffer.from(right);
        damaged[at]! ^= 0x10;
        await writeFile(join(folder, path), damaged);
        const where = `${path}, byte ${at}`;
        const healing = await readsOf(async () =>
          expect(await isRight(opened(), id, bytes), where).toBe(true),
        );
        expect(healing.length, where).toBeGreaterThan(0);
        // A large whole one is kept by the first read that does not find it at its beginning.
        if (options === WHOLE) await opened().bytes(id);
        const healed = await readsOf(() => opened().bytes(id));
        expect(healed, where).toEqual([]);
      }
    }
  });

  it("is not there once the store has lost it", async () => {
    await opened().bytes(id);
    for (const key of await keysOf(store, `data/${id.slice(0, 2)}/${id}/`)) await store.delete(key);
    expect(await opened().find(id)).toBeUndefined();
    await expect(opened().bytes(id)).rejects.toMatchObject({ code: "not-found" });
  });

  it("is verified without the cache", async () => {
    await opened().bytes(id);
    const [key = ""] = await contentKeys();
    const damaged = (await store.bytes(key)).slice();
    damaged[100]! ^= 1;
    await store.put(key, damaged);
    const verification = opened().verify({ mode: "full" });
    const kinds: string[] = [];
    for await (const { kind } of verification) kinds.push(kind);
    expect(kinds).toContain("corrupt");
    expect(await isRight(opened(), id, bytes)).toBe(true);
  });

  it("does not enter the cache unless it is right", async () => {
    const [key = ""] = await contentKeys();
    const damaged = (await store.bytes(key)).slice();
    damaged[100]! ^= 1;
    await store.put(key, damaged);
    await expect(opened().bytes(id)).rejects.toMatchObject({ code: "integrity" });
    await opened().bytes(id, { verify: false });
    const names = (await cacheFiles(folder)).map(({ path }) => path);
    // Chunks that are right have entered, and the footer of their pack.
    if (key.includes("/data.")) expect(names).toEqual([]);
    await store.put(key, damaged.with(100, damaged[100]! ^ 1));
    expect(await isRight(opened(), id, bytes)).toBe(true);
    expect(await isRight(opened(), id, bytes)).toBe(true);
  });
});

describe("chunks", () => {
  it("that are cached are not read again with those beside them", async () => {
    const bytes = randomBytes(6 * MIB, 5);
    const { id } = await putOne(store, bytes);
    const range = { start: 2 * MIB, end: 3 * MIB };
    await opened().bytes(id, { range });
    const rest = await readsOf(() => opened().bytes(id));
    const read = rest.reduce((sum, one) => sum + one.bytes, 0);
    expect(read).toBeGreaterThan(4.5 * MIB);
    expect(read).toBeLessThanOrEqual(5 * MIB);
    expect(await readsOf(() => opened().bytes(id))).toEqual([]);
  });

  it("serve every blob that has them, of one store only", async () => {
    const bytes = randomBytes(3 * MIB, 6);
    const { id } = await putOne(store, bytes);
    const edited = Buffer.concat([bytes, randomBytes(10, 7)]);
    const other = await putOne(store, edited);
    await opened().bytes(id);
    const reads = await readsOf(async () =>
      expect(await isRight(opened(), other.id, edited)).toBe(true),
    );
    expect(reads.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThan(300 * KIB);
    const elsewhere = memoryPlace();
    try {
      store = await elsewhere.open(trace((call) => calls.push(call)));
      await putOne(store, bytes);
      const foreign = await readsOf(async () =>
        expect(await isRight(opened(), id, bytes)).toBe(true),
      );
      expect(foreign.length).toBeGreaterThan(0);
    } finally {
      await elsewhere.drop();
    }
  });

  it("are looked for in the store by who writes", async () => {
    const bytes = randomBytes(3 * MIB, 8);
    const { id } = await putOne(store, bytes);
    await opened().bytes(id);
    for (const key of await keysOf(store)) {
      if (key.startsWith("packs/") || key.startsWith("data/")) await store.delete(key);
    }
    await using session = await opened().session();
    const stored = await session.put(bytes, { name: "one", type: "bytes", format: "bin" });
    expect(stored.reusedBytes).toBe(0);
    expect(await isRight(BlobStore.open(store), id, bytes)).toBe(true);
  });
});

describe("a full cache", () => {
  const blobs = Array.from({ length: 6 }, (_, i) => randomBytes(100 * KIB, 20 + i));
  let ids: BlobId[];
  beforeEach(async () => {
    ids = [];
    for (const bytes of blobs) ids.push((await putOne(store, bytes)).id);
  });

  /** Reads it, and dates it so many hours back. */
  async function use(cached: BlobStore, i: number, hoursAgo: number): Promise<void> {
    const before = new Set((await cacheFiles(folder)).map(({ path }) => path));
    await cached.bytes(ids[i]!);
    const time = new Date(Date.now() - hoursAgo * 3_600_000);
    for (const { path } of await cacheFiles(folder)) {
      if (!before.has(path)) await utimes(join(folder, path), time, time);
    }
  }

  async function isCached(i: number): Promise<boolean> {
    return (await readsOf(() => opened({ maxBytes: 0 }).bytes(ids[i]!))).length === 0;
  }

  it("lets go of what was used longest ago", async () => {
    const cached = opened({ maxBytes: 480 * KIB });
    for (const [i, hoursAgo] of [3, 5, 2, 4].entries()) await use(cached, i, hoursAgo);
    // A hit makes it the newest.
    await cached.bytes(ids[1]!);
    await cached.bytes(ids[4]!);
    await cached.bytes(ids[5]!);
    const kept: number[] = [];
    for (const [i] of ids.entries()) if (await isCached(i)) kept.push(i);
    expect(kept).toEqual([1, 2, 4, 5]);
  });

  it("keeps nothing that is too large for it, and what it can of the rest", async () => {
    const cached = opened({ maxBytes: 150 * KIB });
    for (const id of ids) expect((await cached.bytes(id)).length).toBe(100 * KIB);
    expect(await cached.cache?.usage()).toEqual({ entries: 0, bytes: 0 });
  });

  it("can be measured and pruned", async () => {
    const cached = opened();
    for (const [i] of blobs.entries()) await use(cached, i, 10 - i);
    const usage = await cached.cache?.usage();
    expect(usage?.entries).toBe(6);
    expect(usage?.bytes).toBeGreaterThanOrEqual(6 * 100 * KIB);
    const pruned = await cached.cache?.prune({ maxBytes: 250 * KIB });
    expect(pruned).toMatchObject({ entries: 4 });
    expect(await cached.cache?.usage()).toMatchObject({ entries: 2 });
    expect(await isCached(5)).toBe(true);
    expect(await isCached(0)).toBe(false);
    await cached.cache?.prune({ maxBytes: 0 });
    expect(await cached.cache?.usage()).toEqual({ entries: 0, bytes: 0 });
    expect(() => opened({ maxBytes: -1 })).toThrow(/a cache of -1 bytes cannot be/);
  });
});
