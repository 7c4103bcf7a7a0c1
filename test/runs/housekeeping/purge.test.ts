import { describe, expect, it } from "vitest";
import { RunStore } from "../../../src/runs/index.js";
import { stopping } from "../../checkpoints/commit/stopping-layer.js";
import { keysOf, memoryPlace } from "../../checkpoints/places.js";
import { NO_ENV, prepare } from "../commit/commit-jobs.js";

describe("removing a run for good", () => {
  it.each(["before", "after"] as const)("goes on where it was stopped %s a call", async (when) => {
    let stops = 0;
    for (let call = 1; ; call++) {
      const place = await memoryPlace();
      await prepare(await place.open());
      const store = await RunStore.open(await place.open(), NO_ENV);
      await store.deleteRun("old");
      const stopped = await new Promise<boolean>((resolve, reject) => {
        const layer = stopping({ call, when }, (settled) => settled.then(() => resolve(true)));
        place
          .open(layer)
          .then((objects) => RunStore.open(objects, NO_ENV))
          .then((other) => other.purge({ restoreWindow: 0 }))
          .then(() => resolve(false), reject);
      });
      await store.purge({ restoreWindow: 0 });
      for (const prefix of ["heads/", "manifests/", "runs/", "refs/"]) {
        expect(await keysOf(store.store, prefix), `stopped ${when} call ${call}`).toEqual([]);
      }
      await store.saveManifest(await store.createRun({ runId: "old" }));
      await store.close();
      await place.drop();
      if (!stopped) break;
      stops++;
    }
    expect(stops).toBeGreaterThan(8);
  });

  it("leaves what another run keeps", async () => {
    const place = await memoryPlace();
    await prepare(await place.open());
    const store = await RunStore.open(await place.open(), NO_ENV);
    const run = await store.createRun({ runId: "other" });
    await store.addRunInput(run, "text", "old");
    await store.saveManifest(run);
    await store.deleteRun("old");
    expect(await store.purge({ restoreWindow: 0 })).toMatchObject([{ runId: "old" }]);
    const refs = await keysOf(store.store, "refs/");
    expect(refs).toHaveLength(1);
    expect(refs[0]).toMatch(/\/runs\/other$/);
    expect(await store.load((await store.getRun("other")).inputs.text!)).toBe("old");
    await store.close();
    await place.drop();
  });
});
