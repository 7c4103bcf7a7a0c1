import type { Run, RunManifest } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { withRuns } from "./run-place.js";

/** The newest revision of a run, or another one. */
export function showRun(
  app: AppContext,
  place: string | undefined,
  id: string,
  options: { readonly revision?: number | undefined } = {},
): Promise<Run> {
  return withRuns(app, place, (runs) => runs.getRun(id, { ...options, signal: app.signal }));
}

/** All revisions of a run, the newest last. */
export function logRun(
  app: AppContext,
  place: string | undefined,
  id: string,
): Promise<RunManifest[]> {
  return withRuns(app, place, async (runs) => {
    const revisions: RunManifest[] = [];
    for await (const revision of runs.revisions(id, { signal: app.signal })) {
      revisions.unshift(revision);
    }
    return revisions;
  });
}
