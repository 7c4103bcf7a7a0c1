import { describe, expect, it } from "vitest";
import {
  deleteCheckpoint,
  listCheckpoints,
  repairLatest,
} from "../../../src/checkpoints/housekeeping/index.js";
import {
  encodeManifest,
  encodePointer,
  LATEST_KEY,
  manifestKey,
  putTag,
  readLatest,
  readTag,
} from "../../../src/checkpoints/manifest/index.js";
import { openStore } from "../../../src/storage/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { addSample, keysOf, sampleManifest, shardMeta } from "./sample-store.js";

let stores = 0;
const open = () => openStore(`mem://deletion-${++stores}`);

describe("listCheckpoints", () => {
  it("gives the newest last, and reads no manifest", async () => {
    const inner = await open();
    for (const [step, id] of [
      [3, "20260301-120000-0a1b2c3d"],
      [10, "20260301-110000"],
      [2, "20260301-120000-00000000"],
    ] as const) {
      await addSample(inner, { step, id });
    }
    await inner.put("manifests/notes.txt", "no checkpoint");
    const reads: string[] = [];
    const store = inner.with(
      fault({
        script: ({ operation }) => {
          reads.push(operation);
          return undefined;
        },
      }),
    );
    const listed = await listCheckpoints(store);
    expect(listed.map(({ name }) => name.step)).toEqual([10, 2, 3]);
    expect(listed[0]!.savedAt).toEqual(new Date("2026-03-01T11:00:00Z"));
    expect(new Set(reads)).toEqual(new Set(["list"]));
  });

  it("takes the time of the manifest where the id has none", async () => {
    const store = await open();
    await addSample(store, { step: 1, id: "20269999-999999" });
    const [listed] = await listCheckpoints(store);
    const written = await store.head("manifests/ckpt-1-20269999-999999.json");
    expect(listed!.savedAt).toEqual(written.lastModified);
  });
});

describe("deleteCheckpoint", () => {
  it("moves the pointer to the newest of the others, and leaves nothing", async () => {
    const store = await open();
    const [a, , c] = [
      await addSample(store, { step: 1, second: 9 }),
      await addSample(store, { step: 2, second: 3 }),
      await addSample(store, { step: 3, second: 10 }),
    ];
    await store.put("pending/ckpt-3-a/rank-0.json", "{}");
    const deleted = await deleteCheckpoint(store, c.name);
    expect(deleted).toMatchObject({ name: c.name, shards: 1, bytes: 10, failures: [], tags: [] });
    expect((await readLatest(store))?.name).toEqual(a.name);
    expect((await keysOf(store)).filter((key) => key.includes("ckpt-3"))).toEqual([]);
  });

  it("of the last one leaves an empty store", async () => {
    const store = await open();
    const { name } = await addSample(store, { step: 1 });
    await deleteCheckpoint(store, name);
    expect(await keysOf(store)).toEqual([]);
    await expect(deleteCheckpoint(store, name)).rejects.toMatchObject({ code: "not-found" });
  });

  it("refuses what a tag protects, unless it is forced", async () => {
    const store = await open();
    const { name } = await addSample(store, { step: 1 });
    await putTag(store, "best", name);
    const before = await keysOf(store);
    await expect(deleteCheckpoint(store, name)).rejects.toMatchObject({
      code: "precondition-failed",
      message: expect.stringContaining("best"),
      details: { tags: ["best"] },
    });
    expect(await keysOf(store)).toEqual(before);
    expect((await deleteCheckpoint(store, name, { force: true })).tags).toEqual(["best"]);
    expect(await readTag(store, "best")).toBeUndefined();
  });

  it("deletes shards where s3dlio puts them, and never those of others", async () => {
    const store = await open();
    await addSample(store, { step: 7, id: "20260301-000000" });
    const other = await addSample(store, { step: 7, id: "20260301-000009" });
    const name = { step: 7, id: "20260301-000002" };
    const keys = [
      "shards/rr/00/ckpt-7-20260301-000001/rank-0.bin",
      other.manifest.shards[0]!.key,
      "shards/ckpt-8-20260301-000002/rank-2.bin",
      "elsewhere/x",
    ];
    for (const key of keys) await store.put(key, "x");
    const manifest = {
      ...sampleManifest({ step: 7 }).manifest,
      worldSize: 4,
      shards: keys.map((key, rank) => shardMeta(key, rank, Buffer.from("x"))),
    };
    await store.put(manifestKey(name), encodeManifest(manifest));
    const deleted = await deleteCheckpoint(store, name);
    expect(deleted).toMatchObject({ shards: 1, bytes: 1, foreign: keys.slice(1) });
    expect(await store.exists(keys[0]!)).toBe(false);
    for (const key of keys.slice(1)) expect(await store.exists(key)).toBe(true);
  });

  it("stopped at any call, can be repeated, and never leaves a pointer to nothing", async () => {
    for (let stopAt = 1; ; stopAt++) {
      const store = await open();
      await addSample(store, { step: 1 });
      const { name } = await addSample(store, { step: 2 });
      let calls = 0;
      const failing = store.with(
        fault({
          script: ({ number }) => {
            calls = number;
            return number >= stopAt
              ? { kind: "error", when: "before", error: { code: "connection" } }
              : undefined;
          },
        }),
      );
      const failed = await deleteCheckpoint(failing, name).then(
        ({ failures }) => failures.length > 0,
        () => true,
      );
      const latest = await readLatest(store);
      expect(await store.exists(manifestKey(latest!.name)), `stopped at call ${stopAt}`).toBe(true);
      if (!failed) {
        expect(calls).toBeGreaterThan(5);
        return;
      }
      if (await store.exists(manifestKey(name))) await deleteCheckpoint(store, name);
      expect(latest!.name.step === 1 || (await readLatest(store))!.name.step === 1).toBe(true);
    }
  });

  it("tells of shards that could not be deleted", async () => {
    const store = await open();
    const { name } = await addSample(store, { step: 1 });
    const failing = store.with(
      fault({
        script: ({ operation, key }) =>
          operation === "delete" && key?.startsWith("shards/") === true
            ? {
                kind: "error",
                when: "before",
                error: { code: "permission-denied", retry: "never" },
              }
            : undefined,
      }),
    );
    const { shards, failures } = await deleteCheckpoint(failing, name);
    expect([shards, failures.map(({ error }) => error.code)]).toEqual([0, ["permission-denied"]]);
  });
});

describe("repairLatest", () => {
  it("leaves a sound pointer alone, and an empty store", async () => {
    const store = await open();
    expect(await repairLatest(store)).toEqual({
      problem: undefined,
      name: undefined,
      unreadable: [],
    });
    const { name } = await addSample(store, { step: 1 });
    const { etag } = await store.head(LATEST_KEY);
    expect(await repairLatest(store)).toEqual({ problem: undefined, name, unreadable: [] });
    expect((await store.head(LATEST_KEY)).etag).toBe(etag);
  });

  it.each<[string, string | undefined]>([
    ["missing", undefined],
    ["damaged", "{"],
    ["dangling", encodePointer({ step: 9, id: "gone" })],
    ["unreadable", encodePointer({ step: 5, id: "bad" })],
    ["behind", encodePointer({ step: 1, id: "a" })],
  ])("mends a pointer that is %s", async (problem, text) => {
    const store = await open();
    await addSample(store, { step: 1 }, { pointer: false });
    const newest = await addSample(store, { step: 2 }, { pointer: false });
    await addSample(store, { step: 8, more: { status: "incomplete" } }, { pointer: false });
    await store.put("manifests/ckpt-5-bad.json", "{");
    if (text !== undefined) await store.put(LATEST_KEY, text);
    expect(await repairLatest(store)).toMatchObject({
      problem,
      name: newest.name,
      unreadable: [{ key: "manifests/ckpt-5-bad.json", error: { code: "corrupt-format" } }],
    });
    expect((await readLatest(store))?.name).toEqual(newest.name);
    expect((await repairLatest(store)).problem).toBeUndefined();
  });

  it("deletes a pointer to nothing where there is nothing", async () => {
    const store = await open();
    await store.put(LATEST_KEY, "damaged");
    expect(await repairLatest(store)).toMatchObject({ problem: "damaged", name: undefined });
    expect(await keysOf(store)).toEqual([]);
  });
});
