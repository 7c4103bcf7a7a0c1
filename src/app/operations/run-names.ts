import type { DataReference } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { withRuns } from "./run-place.js";

/** What names keep, or one name; the newest of each last. */
export function listNamedData(
  app: AppContext,
  place: string | undefined,
  name?: string | undefined,
): Promise<DataReference[]> {
  return withRuns(app, place, (runs) => runs.listData(name, { signal: app.signal }));
}

/** Lets go of all that a name keeps, and tells what it was; in a dry run it only tells. */
export function forgetNamedData(
  app: AppContext,
  place: string | undefined,
  name: string,
  { dryRun = false }: { readonly dryRun?: boolean | undefined } = {},
): Promise<DataReference[]> {
  const { signal } = app;
  return withRuns(app, place, (runs) =>
    dryRun ? runs.listData(name, { signal }) : runs.forget(name, { signal }),
  );
}
