import type { PlacedPointer, RebuiltViews, SaveResult } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { withRuns } from "./run-place.js";

/** Deletes a run, which can be restored until it is purged; false if it was deleted before. */
export function deleteRun(
  app: AppContext,
  place: string | undefined,
  id: string,
): Promise<boolean> {
  return withRuns(app, place, (runs) => runs.deleteRun(id, { signal: app.signal }));
}

/** Takes a deletion back; false if the run is not deleted. */
export function restoreRun(
  app: AppContext,
  place: string | undefined,
  id: string,
): Promise<boolean> {
  return withRuns(app, place, (runs) => runs.restoreRun(id, { signal: app.signal }));
}

/** The pointers of a view, or of all. */
export function listViews(
  app: AppContext,
  place: string | undefined,
  view?: string | undefined,
): Promise<PlacedPointer[]> {
  return withRuns(app, place, async (runs) => {
    const pointers: PlacedPointer[] = [];
    for await (const pointer of runs.views.list(view, { signal: app.signal })) {
      pointers.push(pointer);
    }
    return pointers;
  });
}

/** Makes all views what the newest revisions say. */
export function rebuildViews(
  app: AppContext,
  place: string | undefined,
  options: { readonly dryRun?: boolean | undefined },
): Promise<RebuiltViews> {
  return withRuns(app, place, (runs) => runs.views.rebuild({ ...options, signal: app.signal }));
}

/** Shows a run in a view, or no longer. */
export function changeView(
  app: AppContext,
  place: string | undefined,
  change: { readonly id: string; readonly view: string; readonly action: "add" | "rm" },
): Promise<Pick<SaveResult, "revision">> {
  const { signal } = app;
  return withRuns(app, place, async (runs) => {
    const run = await runs.getRun(change.id, { signal });
    if (change.action === "add") await runs.addStorageLocation(run, change.view, { signal });
    else await runs.removeStorageLocation(run, change.view, { signal });
    return { revision: run.revision };
  });
}
