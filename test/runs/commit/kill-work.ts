import { isLodeError } from "../../../src/errors.js";
import type { RunStore } from "../../../src/runs/index.js";
import { noise } from "../../storage/transfer/stores.js";

/** What a child does: a new run with data in chunks, or so many changes of the run `shared`. */
export type ChildWork =
  | { readonly kind: "new-run" }
  | { readonly kind: "changes"; readonly name: string; readonly count: number };

/** In chunks of which the second value shares most. */
export const LARGE = Buffer.from(noise(2_500_000, 7));
export const LARGER = Buffer.concat([
  LARGE.subarray(0, 900_000),
  noise(17, 8),
  LARGE.subarray(900_000),
]);

export async function work(store: RunStore, task: ChildWork): Promise<void> {
  if (task.kind === "changes") {
    for (let i = 0; i < task.count; i++) await change(store, `${task.name}-${i}`);
    return;
  }
  const run = await store.createRun({ runId: "new", storageModes: ["by_date", "flat"] });
  await store.addRunInput(run, "large", LARGE);
  await store.addRunOutput(run, "larger", LARGER);
  await store.addRunOutput(run, "score", { value: 1 });
  run.finish();
  await store.saveManifest(run);
}

/** Another process changes the same run: what both add is merged, so no save is refused. */
async function change(store: RunStore, name: string): Promise<void> {
  const run = await store.getRun("shared");
  run.tags[name] = "1";
  await store.addRunOutput(run, name, `the output ${name}`);
  await store.saveManifest(run);
}

/** Whether the run is there, all of it; throws if it is there by half. */
export async function isThere(store: RunStore): Promise<boolean> {
  const run = await store.getRun("new").catch((error: unknown) => {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  });
  if (run === undefined) return false;
  const [large, larger, score] = await Promise.all(
    [run.inputs.large, run.outputs.larger, run.outputs.score].map((data) => store.load(data!)),
  );
  const isWhole =
    LARGE.equals(large as Uint8Array) &&
    LARGER.equals(larger as Uint8Array) &&
    JSON.stringify(score) === '{"value":1}';
  if (!isWhole) throw new Error("the run's data is not what was stored");
  return true;
}
