import { expect } from "vitest";
import { type Run, type RunFacts, RunStore } from "../../../src/runs/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";

/** What may be stopped, and how far it went as the store tells it. */
export interface CommitJob {
  run(store: RunStore): Promise<unknown>;
  /** Whether it is done as a whole; throws if it is done by half. */
  isDone(store: RunStore): Promise<boolean>;
}

export const NO_ENV = { env: {} };

/** A store with a run `old`. */
export async function prepare(objects: ObjectStore): Promise<void> {
  const store = await RunStore.open(objects, NO_ENV);
  const run = await store.createRun({ runId: "old", project: "a", storageModes: ["by_project"] });
  await store.addRunInput(run, "text", "old");
  await store.saveManifest(run);
}

async function runOf(store: RunStore, id: string): Promise<Run | undefined> {
  for await (const run of store.listRuns()) if (run.id === id) return run;
  return undefined;
}

async function expectReadable(store: RunStore, run: Run): Promise<void> {
  for (const reference of Object.values({ ...run.inputs, ...run.outputs })) {
    await store.load(reference);
  }
}

export const JOBS: Readonly<Record<string, CommitJob>> = {
  "a new run": {
    async run(store) {
      const run = await store.createRun({ runId: "new", storageModes: ["flat", "{yyyy}/{type}"] });
      await store.addRunInput(run, "x", new Float32Array([1, 2]));
      await store.addRunOutput(run, "y", { score: 1 });
      run.finish();
      await store.saveManifest(run);
    },
    async isDone(store) {
      const run = await runOf(store, "new");
      if (run === undefined) return false;
      expect(Object.keys(run.inputs)).toEqual(["x"]);
      expect(Object.keys(run.outputs)).toEqual(["y"]);
      expect(run.status).toBe("finished");
      await expectReadable(store, run);
      return true;
    },
  },
  "a change": {
    async run(store) {
      const run = await store.getRun("old");
      run.project = "b";
      run.storageModes = ["by_project", "by_date"];
      await store.addRunOutput(run, "y", "new");
      await store.saveManifest(run);
    },
    async isDone(store) {
      const run = await store.getRun("old");
      await expectReadable(store, run);
      const told = [run.revision, run.project, run.storageModes.length, Object.keys(run.outputs)];
      expect([
        [1, "a", 1, []],
        [2, "b", 2, ["y"]],
      ]).toContainEqual(told);
      return run.revision === 2;
    },
  },
  "a deletion": {
    run: (store) => store.deleteRun("old"),
    async isDone(store) {
      return (await runOf(store, "old")) === undefined;
    },
  },
};

/** Views and copies must be what the runs tell, once they are rebuilt; then a save must go through. */
export async function expectMendable(objects: ObjectStore, at: string): Promise<void> {
  const store = await RunStore.open(objects, NO_ENV);
  await store.views.rebuild();
  const { written, deleted } = await store.views.rebuild({ dryRun: true });
  expect({ written, deleted }, at).toEqual({ written: [], deleted: [] });
  const facts: RunFacts[] = [];
  for await (const run of store.listRuns()) {
    run.tags.after = "1";
    await store.saveManifest(run);
    facts.push(run.facts());
  }
  for (const { runId } of facts)
    expect((await store.getRun(runId)).tags, at).toEqual({ after: "1" });
}
