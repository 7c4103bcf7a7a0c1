import { AsyncLocalStorage } from "node:async_hooks";
import type { Run } from "../run.js";

const RUNS = new AsyncLocalStorage<Run>();

/**
 * The run of the captured call that this is called in, to tell it metrics, parameters, tags or a model; of calls within
 * calls the innermost. Undefined outside of all.
 */
export function currentRun(): Run | undefined {
  return RUNS.getStore();
}

/** What `work` gives, and all that it starts, with `run` as the current one. */
export function withinRun<T>(run: Run, work: () => T): T {
  return RUNS.run(run, work);
}
