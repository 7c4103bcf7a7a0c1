import type { CollectOptions, CollectReport } from "../../cas/index.js";
import type { PurgedRun } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { withRuns } from "./run-place.js";

export interface CollectedRuns {
  /** Deleted runs whose restore window is over, removed for good. */
  readonly purged: readonly PurgedRun[];
  readonly report: CollectReport;
}

/** Removes deleted runs for good after their restore window, then collects the data that nothing needs. */
export function collectRuns(
  app: AppContext,
  place: string | undefined,
  options: Omit<CollectOptions, "signal" | "clock">,
): Promise<CollectedRuns> {
  const { signal } = app;
  const { dryRun, restoreWindow } = options;
  return withRuns(app, place, async (runs) => {
    const { collectGarbage } = await import("../../cas/index.js");
    const purged = await runs.purge({ dryRun, restoreWindow, signal });
    return { purged, report: await collectGarbage(runs.store, { ...options, signal }) };
  });
}
