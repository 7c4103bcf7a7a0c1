import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError, type LodeError } from "../../src/errors.js";
import { RunStore } from "../../src/runs/index.js";
import { keysOf, memoryPlace } from "../checkpoints/places.js";
import { NO_ENV, prepare } from "./commit/commit-jobs.js";

async function prepared() {
  const place = await memoryPlace();
  await prepare(await place.open());
  const store = await RunStore.open(await place.open(), NO_ENV);
  const keys = await keysOf(store.store);
  const key = (pattern: RegExp): string => keys.find((one) => pattern.test(one))!;
  return {
    place,
    store,
    head: key(/^heads\//),
    manifest: key(/^manifests\/.+\/0/),
    pointer: key(/^runs\//),
  };
}

const failure = (promise: Promise<unknown>): Promise<LodeError | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => {
      if (!isLodeError(error)) throw error;
      return error;
    },
  );

describe.each(["head", "manifest"] as const)("a %s that is damaged", (which) => {
  it("is refused and named, wherever a bit is flipped or it is cut", async () => {
    const { place, store, ...keys } = await prepared();
    const key = keys[which];
    const bytes = await store.store.bytes(key);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), fc.boolean(), async (at, bit, cut) => {
        const damaged = cut ? bytes.slice(0, at) : Uint8Array.from(bytes);
        if (!cut) damaged[at]! ^= 1 << bit;
        await store.store.put(key, damaged);
        for (const call of [store.getRun("old"), store.deleteRun("old"), store.listRuns().next()]) {
          const error = await failure(call);
          expect(error?.code).toMatch(/^(integrity|corrupt-format|unsupported)$/);
          expect(error?.message).toContain(store.store.uriOf(key));
        }
      }),
      { numRuns: 150 },
    );
    const told: string[] = [];
    const runs = store.listRuns({ onUnreadable: (unreadable) => told.push(unreadable) });
    expect((await runs.next()).done).toBe(true);
    expect(told).toEqual([keys.head]);
    await place.drop();
  });

  it("is refused where it is another's", async () => {
    const { place, store, ...keys } = await prepared();
    await store.saveManifest(await store.createRun({ runId: "other" }));
    const others = (await keysOf(store.store)).filter((key) => key.includes("other"));
    const other = others.find((key) =>
      which === "head" ? key.startsWith("heads/") : /\/0/.test(key),
    )!;
    await store.store.copy(other, keys[which]);
    const error = await failure(store.getRun("old"));
    expect(error?.code).toMatch(/^(integrity|corrupt-format)$/);
    expect(error?.message).toContain(store.store.uriOf(keys[which]));
    await place.drop();
  });
});

describe("what is missing", () => {
  it("is damage where a head names it", async () => {
    const { place, store, manifest } = await prepared();
    await store.store.delete(manifest);
    expect(await failure(store.getRun("old"))).toMatchObject({
      code: "integrity",
      message: expect.stringContaining(store.store.uriOf(manifest)) as string,
    });
    await place.drop();
  });

  it("is no run where the head is missing, whatever else is there", async () => {
    const { place, store, head } = await prepared();
    await store.store.delete(head);
    expect((await failure(store.getRun("old")))?.code).toBe("not-found");
    expect((await store.listRuns().next()).done).toBe(true);
    await place.drop();
  });
});

describe("views", () => {
  it("are what the runs tell again, whatever happened to them", async () => {
    const { place, store, pointer } = await prepared();
    const right = await store.store.text(pointer);
    const stale = "runs/by_type/production/old/run.json";
    await store.store.put(pointer, right.slice(0, 20));
    await store.store.put(stale, right);
    await store.store.put("runs/by_type/production/garbage/run.json", "no JSON");
    await store.store.put("runs/notes.txt", "not ours");
    await store.store.delete("manifests/old.json");
    await expect(store.views.list("by_project").next()).rejects.toMatchObject({
      code: "corrupt-format",
    });
    const planned = await store.views.rebuild({ dryRun: true });
    expect(planned).toEqual({
      runs: 1,
      right: 0,
      written: ["manifests/old.json", pointer],
      deleted: ["runs/by_type/production/garbage/run.json", stale],
    });
    expect(await store.views.rebuild()).toEqual(planned);
    expect(await store.views.rebuild()).toEqual({ runs: 1, right: 2, written: [], deleted: [] });
    expect(await store.store.text(pointer)).toBe(right);
    expect(await keysOf(store.store, "runs/")).toEqual([pointer, "runs/notes.txt"]);
    await place.drop();
  });
});

describe("a manifest of a newer version", () => {
  it("is read, and its fields are written back", async () => {
    const { place, store } = await prepared();
    const run = await store.getRun("old");
    const saved = run.saved!.manifest;
    const newer = { ...saved, schemaVersion: 9, more: { carbon: { kg: 1 } } };
    const { putRevision } = await import("../../src/runs/commit/revisions.js");
    const { swapHead } = await import("../../src/runs/commit/heads.js");
    const { sha256 } = await putRevision(store.store, {
      ...newer,
      revision: 2,
      previous: run.saved!.head.head.manifestSha256,
    });
    await swapHead(store.store, run.saved!.head, {
      ...run.saved!.head.head,
      revision: 2,
      manifestSha256: sha256,
    });
    const loaded = await store.getRun("old");
    loaded.tags.x = "1";
    await store.saveManifest(loaded);
    expect((await store.revisions("old").next()).value).toMatchObject({
      schemaVersion: 9,
      revision: 3,
      more: { carbon: { kg: 1 } },
      tags: { x: "1" },
    });
    await place.drop();
  });
});
