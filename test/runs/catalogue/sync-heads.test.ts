import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RunCatalogue, RunStore } from "../../../src/runs/index.js";
import type { Backend, Layer } from "../../../src/storage/backend.js";
import { type CheckpointPlace, memoryPlace } from "../../checkpoints/places.js";

/** Holds up the first answer to a get of an object until `release` is called; `held` tells that it is there. */
function holdUp(key: string) {
  let release = () => {};
  let hold = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const held = new Promise<void>((resolve) => {
    hold = resolve;
  });
  const layer: Layer = (inner) =>
    new Proxy(inner, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "get") return value.bind(target);
        return async (...args: Parameters<Backend["get"]>) => {
          const answer = await target.get(...args);
          if (args[0] === key) {
            hold();
            await released;
          }
          return answer;
        };
      },
    });
  return { layer, held, release };
}

describe("a sync", () => {
  let place: CheckpointPlace;
  let store: RunStore;
  let folder: string;

  beforeEach(async () => {
    place = await memoryPlace();
    store = await RunStore.open(await place.open(), { env: {} });
    folder = await mkdtemp(join(tmpdir(), "lodestore-catalogue-"));
  });

  afterEach(async () => {
    await store.close();
    await place.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const save = async (runId: string) => store.saveManifest(await store.createRun({ runId }));
  const revisions = async (catalogue: RunCatalogue) =>
    Object.fromEntries(
      (await catalogue.list({ limit: 1000 })).runs.map(({ runId, revision }) => [runId, revision]),
    );

  it("goes on where another was stopped", async () => {
    for (let i = 0; i < 300; i++) await save(`r${i}`);
    using catalogue = await RunCatalogue.open(store);
    const stop = new AbortController();
    const stopped = catalogue.sync({ signal: stop.signal, onProgress: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
    const known = await catalogue.size();
    expect(known).toBeGreaterThan(0);
    expect(known).toBeLessThan(300);
    expect(await catalogue.sync()).toEqual({ runs: 300, read: 300 - known, removed: 0 });
    expect(Object.keys(await revisions(catalogue))).toHaveLength(300);
  });

  it("that is slow puts nothing older in the place of what a quick one wrote", async () => {
    await save("changed");
    await save("made-again");
    const path = join(folder, "runs.db");
    const { layer, held, release } = holdUp("heads/changed.json");
    const slowStore = await place.open(layer);
    using slow = await RunCatalogue.open({ store: slowStore }, { path });
    using quick = await RunCatalogue.open(store, { path });
    await quick.sync();
    await store.deleteRun("made-again");
    await store.purge({ restoreWindow: 0 });
    const changed = await store.getRun("changed");
    changed.logMetric("m", 1);
    await store.saveManifest(changed);

    const syncing = slow.sync();
    await held;
    changed.logMetric("m", 2);
    await store.saveManifest(changed);
    await save("made-again");
    await save("new");
    await quick.sync();
    const wanted = { changed: 3, "made-again": 1, new: 1 };
    expect(await revisions(quick)).toEqual(wanted);
    release();
    await syncing;
    expect(await revisions(slow)).toEqual(wanted);
    await slowStore.close();
  });
});
