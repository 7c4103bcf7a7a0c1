import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileOf, type Run, RunStore } from "../../src/runs/index.js";
import { FakeClock } from "../../src/testing/index.js";
import { type CheckpointPlace, diskPlace, keysOf, memoryPlace } from "../checkpoints/places.js";

const DAY = 24 * 60 * 60 * 1000;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const ids = (runs: readonly Run[]): string[] => runs.map(({ id }) => id);

describe.each([
  ["mem", memoryPlace],
  ["file", () => diskPlace("file")],
])("a store of runs on %s", (_, makePlace) => {
  let place: CheckpointPlace;
  let store: RunStore;
  const open = async (options = {}): Promise<RunStore> =>
    RunStore.open(await place.open(), { env: {}, ...options });

  beforeEach(async () => {
    place = await makePlace();
    store = await open();
  });

  afterEach(async () => {
    await store.close();
    await place.drop();
  });

  it("does what the seed shows", async () => {
    const one = await store.storeData([{ a: 1 }, { a: 2 }], "training_data", {
      metadata: { split: "train" },
    });
    const two = await store.storeData([{ a: 1 }, { a: 2 }], "experiment_42_data");
    expect(two.hash).toBe(one.hash);
    expect([one.name, two.name]).toEqual(["training_data", "experiment_42_data"]);

    const run = await store.createRun({
      runId: "prod_001",
      runType: "production",
      project: "customer_churn",
      storageModes: ["by_type", "by_model"],
      tags: { region: "eu" },
      params: { lr: 0.1 },
    });
    await store.addRunInput(run, "training", one);
    await store.addRunInput(run, "again", [{ a: 1 }, { a: 2 }]);
    await store.addRunOutput(run, "predictions", new Float32Array([1, 2, 3]));
    run.logMetric("auc", 0.9);
    run.model = { name: "churn", version: "2" };
    run.finish();
    expect(await store.saveManifest(run)).toEqual({
      runId: "prod_001",
      revision: 1,
      changed: true,
      merged: false,
    });
    expect(await store.saveManifest(run)).toMatchObject({ revision: 1, changed: false });

    const loaded = await (await open()).getRun("prod_001");
    expect(loaded.facts()).toEqual(run.facts());
    expect(loaded.inputs.training?.metadata).toEqual({ split: "train" });
    expect(loaded.inputs.again?.hash).toBe(one.hash);
    expect(await store.load(loaded.inputs.again!)).toEqual([{ a: 1 }, { a: 2 }]);
    expect(await store.load(loaded.outputs.predictions!)).toMatchObject({ shape: [3] });
    expect(await keysOf(store.store, "runs/")).toEqual([
      "runs/by_model/churn/prod_001/run.json",
      "runs/by_type/production/prod_001/run.json",
    ]);
  });

  it("writes nothing for a run that is not saved, and takes an id once", async () => {
    const run = await store.createRun({ runId: "a" });
    expect(await keysOf(store.store)).toEqual([]);
    await store.saveManifest(run);
    await expect(store.createRun({ runId: "a" })).rejects.toMatchObject({ code: "already-exists" });
    await store.store.put("manifests/theirs.json", "{}");
    await expect(store.createRun({ runId: "theirs" })).rejects.toMatchObject({
      code: "already-exists",
    });
    await expect(store.getRun("theirs")).rejects.toThrow(/is no manifest of mltrack/);
    await expect(store.getRun("nobody")).rejects.toThrow(/there is none of this id/);
    expect((await store.createRun()).id).toMatch(/^\d{8}T\d{6}-[0-9a-f]{8}$/);
  });

  it("keeps every revision as it was", async () => {
    const run = await store.createRun({ runId: "a" });
    await store.saveManifest(run);
    run.tags.x = "1";
    await store.saveManifest(run);
    run.fail(new TypeError("no such column"));
    await store.saveManifest(run);
    const revisions = await all(store.revisions("a"));
    expect(revisions.map(({ revision, tags, status }) => [revision, tags, status])).toEqual([
      [3, { x: "1" }, "failed"],
      [2, { x: "1" }, "running"],
      [1, {}, "running"],
    ]);
    expect((await store.getRun("a")).error).toMatchObject({
      name: "TypeError",
      message: "no such column",
    });
    const older = await store.getRun("a", { revision: 1 });
    expect(older.tags).toEqual({});
    await expect(store.saveManifest(older)).rejects.toMatchObject({ code: "precondition-failed" });
    await expect(store.getRun("a", { revision: 9 })).rejects.toThrow(
      /no revision 9; its newest is 3/,
    );
  });

  it("takes in what others saved meanwhile", async () => {
    await store.saveManifest(await store.createRun({ runId: "a" }));
    const [mine, theirs] = [await store.getRun("a"), await (await open()).getRun("a")];
    theirs.metrics.loss = 1;
    await store.saveManifest(theirs);
    await store.addRunOutput(mine, "model", "weights");
    expect(await store.saveManifest(mine)).toMatchObject({ revision: 3, merged: true });
    expect(mine.metrics).toEqual({ loss: 1 });
    expect(Object.keys((await store.getRun("a")).outputs)).toEqual(["model"]);
  });

  it("refuses a run whose data is not in the store", async () => {
    const run = await store.createRun({ runId: "a" });
    const reference = await store.addRunInput(run, "x", "text");
    const missing = "0".repeat(64);
    run.inputs.x = { ...reference, hash: missing, key: `data/00/${missing}/data.txt` };
    await expect(store.saveManifest(run)).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining('inputs.x of run "a" is not in the store') as string,
    });
    run.inputs.x = { ...reference, size: 5 };
    await expect(store.saveManifest(run)).rejects.toThrow(/says 5 bytes .* which has 4/);
    expect(await keysOf(store.store, "heads/")).toEqual([]);
    await expect(
      store.addRunInput(run, "y", { ...reference, hash: missing, key: `data/00/${missing}/x` }),
    ).rejects.toMatchObject({ code: "not-found" });
  });

  it("gives a name within a run to one thing, unless told", async () => {
    const run = await store.createRun();
    await store.addRunInput(run, "x", "one");
    await store.addRunInput(run, "x", "one");
    await expect(store.addRunInput(run, "x", "two")).rejects.toMatchObject({
      code: "already-exists",
    });
    const { hash } = await store.addRunInput(run, "x", "two", { replace: true });
    expect(run.inputs.x?.hash).toBe(hash);
    await expect(store.addRunInput(run, "", "x")).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await expect(store.addRunInput(run, "__proto__", "x")).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("adds and removes views of runs that are saved", async () => {
    const run = await store.createRun({ runId: "a", project: "p" });
    await store.saveManifest(run);
    await store.addStorageLocation(run, "{tag.region}/{project}");
    await store.addStorageLocation(run, "flat");
    await store.removeStorageLocation(run, "by_project");
    expect(await keysOf(store.store, "runs/")).toEqual([
      "runs/all/a/run.json",
      "runs/custom/_tag.region_._project_/none/p/a/run.json",
    ]);
    run.tags.region = "eu";
    await store.saveManifest(run);
    expect(await keysOf(store.store, "runs/custom/")).toEqual([
      "runs/custom/_tag.region_._project_/eu/p/a/run.json",
    ]);
    await expect(store.addStorageLocation(run, "by_projct")).rejects.toThrow(
      /did you mean by_project/,
    );
    expect(await all(store.views.list("flat"))).toEqual([
      { runId: "a", mode: "flat", key: "runs/all/a/run.json" },
    ]);
    expect(await all(store.views.list())).toHaveLength(2);
  });

  it.each(["../../x", "/", ".", "😀".repeat(60), "x".repeat(200), "a.json", "a b+%2F"])(
    "takes the id and the project %j",
    async (text) => {
      const run = await store.createRun({
        runId: text,
        project: text,
        tags: { [text]: text },
        storageModes: ["by_project", "{project}"],
      });
      await store.addRunInput(run, text, "data");
      await store.saveManifest(run);
      expect((await store.getRun(text)).facts()).toEqual(run.facts());
      expect(ids(await all(store.listRuns({ project: text })))).toEqual([text]);
      expect(
        ids((await store.findRunsByData(run.inputs[text]!)).map((found) => found.run)),
      ).toEqual([text]);
      expect((await store.views.rebuild()).written).toEqual([]);
      expect(await all(store.views.list())).toHaveLength(2);
    },
  );

  it("finds runs by what they tell", async () => {
    const create = async (runId: string, more: object): Promise<void> => {
      await store.saveManifest(await store.createRun({ runId, ...more }));
    };
    await create("a", { project: "p", tags: { region: "eu", n: "1" } });
    await create("b", { project: "p", runType: "production", tags: { region: "eu" } });
    await create("c", { project: "q" });
    expect(ids(await all(store.listRuns()))).toEqual(["a", "b", "c"]);
    expect(ids(await all(store.listRuns({ project: "p" })))).toEqual(["a", "b"]);
    expect(ids(await all(store.listRuns({ runType: "production" })))).toEqual(["b"]);
    expect(ids(await all(store.listRuns({ tags: { region: "eu", n: "1" } })))).toEqual(["a"]);
    expect(ids(await all(store.listRuns({ tags: { toString: "x" } })))).toEqual([]);
    expect(ids(await all(store.listRuns({ status: "failed" })))).toEqual([]);
    const soon = new Date(Date.now() + 60_000);
    expect(ids(await all(store.listRuns({ since: soon })))).toEqual([]);
    expect(ids(await all(store.listRuns({ until: soon })))).toEqual(["a", "b", "c"]);
  });

  it("finds runs by their data: by blob, digest and reference", async () => {
    const shared = await store.storeData({ k: 1 }, "shared");
    for (const id of ["a", "b"]) {
      const run = await store.createRun({ runId: id });
      await store.addRunInput(run, "cfg", shared);
      if (id === "b") await store.addRunOutput(run, "copy", { k: 1 });
      await store.saveManifest(run);
    }
    const dropped = await store.createRun({ runId: "c" });
    await store.addRunInput(dropped, "cfg", shared);
    await store.saveManifest(dropped);
    dropped.inputs = {};
    await store.saveManifest(dropped);
    for (const query of [shared, shared.hash, shared.digest!]) {
      const found = await store.findRunsByData(query);
      expect(found.map(({ run, uses }) => [run.id, uses])).toEqual([
        ["a", [{ role: "input", name: "cfg" }]],
        [
          "b",
          [
            { role: "input", name: "cfg" },
            { role: "output", name: "copy" },
          ],
        ],
      ]);
    }
    expect(await store.findRunsByData("f".repeat(64))).toEqual([]);
    await expect(store.findRunsByData("nonsense")).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("finds the runs that use a file's bytes by their digest", async () => {
    const run = await store.createRun({ runId: "reader" });
    const path = fileURLToPath(import.meta.url);
    const { digest, hash } = await store.addRunInput(run, "program", fileOf(path));
    await store.saveManifest(run);
    expect(digest).toBe(`bytes-v1:${hash}`);
    expect(ids((await store.findRunsByData(digest!)).map((found) => found.run))).toEqual([
      "reader",
    ]);
    expect((await store.blobs.findDigest(digest!))?.id).toBe(hash);
    expect(await store.blobs.findDigest(`bytes-v1:${"0".repeat(64)}`)).toBeUndefined();
  });

  it("keeps data by name until it is forgotten", async () => {
    const one = await store.storeData("one", "../notes");
    const two = await store.storeData("two", "../notes");
    await store.storeData("one", "other");
    expect((await store.listData("../notes")).map(({ hash }) => hash).sort()).toEqual(
      [one.hash, two.hash].sort(),
    );
    expect(await store.listData()).toHaveLength(3);
    const refs = async (): Promise<number> => (await keysOf(store.store, "refs/")).length;
    expect(await refs()).toBe(3);
    expect(await store.forget("../notes")).toHaveLength(2);
    expect(await refs()).toBe(1);
    expect(await store.forget("../notes")).toEqual([]);
    expect((await store.listData()).map(({ name }) => name)).toEqual(["other"]);
  });

  it("deletes, restores, and in the end removes runs", async () => {
    const clock = new FakeClock(Date.UTC(2026, 10, 27));
    const later = await open({ clock });
    const run = await later.createRun({ runId: "a", storageModes: ["flat"] });
    await later.addRunInput(run, "x", "text");
    await later.saveManifest(run);
    run.inputs = {};
    await later.addRunInput(run, "y", "other");
    await later.saveManifest(run);
    expect(await later.deleteRun("a")).toBe(true);
    expect(await later.deleteRun("a")).toBe(false);
    await expect(later.getRun("a")).rejects.toThrow(/it was deleted at 2026-11-27T.*; restore it/);
    await expect(later.saveManifest(run)).rejects.toMatchObject({ code: "precondition-failed" });
    expect(ids(await all(later.listRuns()))).toEqual([]);
    expect(ids(await all(later.listRuns({ deleted: true })))).toEqual(["a"]);
    expect(await keysOf(later.store, "runs/")).toEqual([]);
    expect(await later.findRunsByData(run.inputs.y!)).toEqual([]);
    expect(await later.restoreRun("a")).toBe(true);
    expect(await later.restoreRun("a")).toBe(false);
    expect(await keysOf(later.store, "runs/")).toEqual(["runs/all/a/run.json"]);
    expect((await later.getRun("a")).revision).toBe(2);

    await later.deleteRun("a");
    expect(await later.purge()).toEqual([]);
    clock.advance(8 * DAY);
    const [planned] = await later.purge({ dryRun: true });
    expect(planned?.blobs).toHaveLength(2);
    expect(await later.purge()).toEqual([planned]);
    for (const prefix of ["heads/", "manifests/", "runs/", "refs/"]) {
      expect(await keysOf(later.store, prefix)).toEqual([]);
    }
    await expect(later.restoreRun("a")).rejects.toMatchObject({ code: "not-found" });
    await expect(later.deleteRun("a")).rejects.toMatchObject({ code: "not-found" });
    await later.close();
  });

  it("stops when it is told to", async () => {
    const signal = AbortSignal.abort();
    const run = await store.createRun();
    for (const call of [
      () => store.storeData("x", "x", { signal }),
      () => store.addRunInput(run, "x", "x", { signal }),
      () => store.saveManifest(run, { signal }),
      () => store.getRun("a", { signal }),
      () => all(store.listRuns({ signal })),
      () => store.views.rebuild({ signal }),
      () => store.purge({ signal }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "aborted" });
    }
  });
});
