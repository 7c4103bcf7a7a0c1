import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CheckpointName,
  deleteTag,
  encodeManifest,
  encodePointer,
  LATEST_KEY,
  listTags,
  manifestKey,
  moveLatest,
  newestManifest,
  parsePointer,
  putPending,
  putTag,
  readLatest,
  readManifest,
  readPending,
  readTag,
} from "../../../src/checkpoints/manifest/index.js";
import { type ObjectStore, openStore } from "../../../src/storage/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { S3DLIO_LATEST, S3DLIO_MANIFEST } from "./s3dlio-manifests.js";
import { manifest, shard } from "./sample-manifests.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lode-pointers-"));
});
afterAll(() => rm(folder, { recursive: true }));

let stores = 0;
const OPEN = {
  mem: () => openStore(`mem://pointers-${++stores}`),
  file: () => openStore(`file://${folder}/${++stores}`),
};

/** Puts a manifest without a pointer. */
async function commit(store: ObjectStore, step: number, wallTime?: string) {
  const name: CheckpointName = { step, id: `id-${step}` };
  const seconds = String(step % 60).padStart(2, "0");
  const written = manifest({
    globalStep: step,
    wallTime: wallTime ?? `2026-03-01T12:00:${seconds}+00:00`,
  });
  await store.put(manifestKey(name), encodeManifest(written));
  return { name, manifest: written };
}

describe.each(["mem", "file"] as const)("the pointer to the latest, %s", (scheme) => {
  it("ends at the latest checkpoint, however many move it at once", async () => {
    const store = await OPEN[scheme]();
    const all = await Promise.all(Array.from({ length: 24 }, (_, step) => commit(store, step)));
    const moved = await Promise.all(all.map((one) => moveLatest(store, one.name, one.manifest)));
    expect((await readLatest(store))?.name).toEqual(all.at(-1)!.name);
    expect(moved.at(-1)).toBe(true);
    expect(await store.text(LATEST_KEY)).toBe(encodePointer(all.at(-1)!.name));
  });

  it("is not moved back, and a pointer to nothing is replaced", async () => {
    const store = await OPEN[scheme]();
    const earlier = await commit(store, 9, "2026-03-01T12:00:00.000000001+00:00");
    const later = await commit(store, 8, "2026-03-01T12:00:00.000000002+00:00");
    expect(await moveLatest(store, later.name, later.manifest)).toBe(true);
    expect(await moveLatest(store, earlier.name, earlier.manifest)).toBe(false);
    expect((await readLatest(store))?.name).toEqual(later.name);
    await store.delete(manifestKey(later.name));
    expect(await moveLatest(store, earlier.name, earlier.manifest)).toBe(true);
    expect((await readLatest(store))?.name).toEqual(earlier.name);
  });
});

describe("pointers", () => {
  it("are those of s3dlio", async () => {
    const store = await OPEN.mem();
    await store.put(LATEST_KEY, S3DLIO_LATEST);
    const name = (await readLatest(store))!.name;
    expect(name).toEqual({ step: 101, id: "20261127-172946" });
    expect(encodePointer(name)).toBe(S3DLIO_LATEST);
    await store.put(manifestKey(name), S3DLIO_MANIFEST);
    expect((await readManifest(store, name)).framework).toBe("tórch");
  });

  it.each([
    S3DLIO_LATEST.replace("ckpt-101", "ckpt-100"),
    S3DLIO_LATEST.replace("manifests/", "../manifests/"),
    S3DLIO_LATEST.replace('"ts"', '"td"'),
    "{",
    "null",
    "",
    " ".repeat(70_000),
  ])("that are damaged are told, not taken for none", async (text) => {
    const store = await OPEN.mem();
    await store.put(LATEST_KEY, text);
    const { name, manifest: own } = await commit(store, 1);
    await expect(readLatest(store)).rejects.toMatchObject({ code: "corrupt-format" });
    await expect(moveLatest(store, name, own)).rejects.toMatchObject({ code: "corrupt-format" });
  });

  it("that contradict themselves name both", () => {
    const text = S3DLIO_LATEST.replace("ckpt-101", "ckpt-100");
    expect(() => parsePointer(text, "mem://x/latest.json")).toThrow(/step 100 .* step 101/);
  });

  it("stop when they are told to, while others win each round", async () => {
    const inner = await OPEN.mem();
    const { name, manifest: own } = await commit(inner, 1);
    let puts = 0;
    const store = inner.with(
      fault({
        script: ({ operation }) =>
          operation === "put" && ++puts > 0
            ? { kind: "error", when: "before", error: { code: "already-exists", retry: "never" } }
            : undefined,
      }),
    );
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    await expect(moveLatest(store, name, own, { signal: controller.signal })).rejects.toMatchObject(
      {
        code: "aborted",
      },
    );
    expect(puts).toBeGreaterThan(1);
  });
});

describe("manifests in a store", () => {
  it("must be of the step in their name", async () => {
    const store = await OPEN.mem();
    await store.put(manifestKey({ step: 2, id: "x" }), encodeManifest(manifest({ globalStep: 1 })));
    await expect(readManifest(store, { step: 2, id: "x" })).rejects.toMatchObject({
      code: "corrupt-format",
    });
  });

  it("give the newest complete one, and say which cannot be read", async () => {
    const store = await OPEN.mem();
    await commit(store, 5);
    await commit(store, 3, "2027-01-01T00:00:00+00:00");
    await commit(store, 4, "2027-01-01T01:00:00+02:00");
    const partial = manifest({
      globalStep: 9,
      status: "incomplete",
      wallTime: "2028-01-01T00:00:00Z",
    });
    await store.put(manifestKey({ step: 9, id: "partial" }), encodeManifest(partial));
    expect((await newestManifest(store))?.name.step).toBe(3);
    await store.put(manifestKey({ step: 6, id: "bad" }), "{");
    await expect(newestManifest(store)).rejects.toMatchObject({ code: "corrupt-format" });
    const told: number[] = [];
    const found = await newestManifest(store, { onUnreadable: ({ step }) => told.push(step) });
    expect([found?.name.step, told]).toEqual([3, [6]]);
    const except = await newestManifest(store, {
      except: ({ step }) => step === 3 || step === 6,
    });
    expect(except?.name.step).toBe(4);
  });
});

describe("reads of many manifests", () => {
  it("end with the first failure, when none is under way any more", async () => {
    const inner = await OPEN.mem();
    for (let step = 1; step <= 60; step++) await commit(inner, step);
    let reads = 0;
    const store = inner.with(
      fault({
        script({ operation, key }) {
          if (operation !== "get") return undefined;
          reads++;
          const error = { code: "permission-denied", retry: "never" } as const;
          if (key === manifestKey({ step: 5, id: "id-5" }))
            return { kind: "error", when: "before", error };
          return { kind: "delay", ms: 5 };
        },
      }),
    );
    await expect(newestManifest(store)).rejects.toMatchObject({ code: "permission-denied" });
    const begun = reads;
    expect(begun).toBeLessThan(60);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(reads).toBe(begun);
  });
});

describe("tags", () => {
  it("point to checkpoints, and to no other unless they are moved", async () => {
    const store = await OPEN.mem();
    const [a, b] = [await commit(store, 1), await commit(store, 2)];
    await putTag(store, "best", a.name);
    await putTag(store, "best", a.name);
    await putTag(store, "release-1.0", a.name);
    await expect(putTag(store, "best", b.name)).rejects.toMatchObject({ code: "already-exists" });
    await putTag(store, "best", b.name, { move: true });
    expect(await readTag(store, "best")).toEqual(b.name);
    expect([...(await listTags(store))]).toEqual([
      ["best", b.name],
      ["release-1.0", a.name],
    ]);
    expect(await deleteTag(store, "best")).toBe(true);
    expect(await deleteTag(store, "best")).toBe(false);
    expect(await readTag(store, "best")).toBeUndefined();
  });

  it("need a checkpoint and a name that keys can have", async () => {
    const store = await OPEN.mem();
    const { name } = await commit(store, 1);
    await expect(putTag(store, "best", { step: 7, id: "x" })).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(putTag(store, "../latest", name)).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await store.put("tags/best.json", "{}");
    await expect(listTags(store)).rejects.toMatchObject({ code: "corrupt-format" });
  });
});

describe("pending records", () => {
  const name = { step: 3, id: "x" };
  const record = (rank: number) => ({
    ...manifest({ globalStep: 3, worldSize: 3 }),
    shard: shard(rank),
  });

  it("are read once each, and written once", async () => {
    const store = await OPEN.mem();
    await putPending(store, name, record(0));
    const known = await readPending(store, name);
    await putPending(store, name, record(2));
    await store.put("pending/ckpt-3-x/rank-0.json", "never read again");
    const all = await readPending(store, name, { known });
    expect([...all.keys()].sort()).toEqual([0, 2]);
    expect(all.get(2)).toMatchObject({ worldSize: 3, framework: "torch", shard: shard(2) });
    await expect(putPending(store, name, record(2))).rejects.toMatchObject({
      code: "already-exists",
    });
  });

  it("must be of the rank in their name", async () => {
    const store = await OPEN.mem();
    await putPending(store, name, record(1));
    await store.copy("pending/ckpt-3-x/rank-1.json", "pending/ckpt-3-x/rank-2.json");
    await expect(readPending(store, name)).rejects.toMatchObject({ code: "corrupt-format" });
  });
});
