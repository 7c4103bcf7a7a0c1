import type { MigrationOptions, MigrationReport } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { folderAt } from "./resolve-target.js";
import { withRuns } from "./run-place.js";

/** Carries over the runs and data that mltrack wrote below `from`, which is only read. */
export async function migrateRuns(
  app: AppContext,
  place: string | undefined,
  from: string,
  options: Omit<MigrationOptions, "signal">,
): Promise<MigrationReport> {
  const { signal } = app;
  const { store, folder } = await folderAt(app, locationOf(from, app.config.cwd));
  return withRuns(app, place, async (runs) => {
    const { migrateLegacy } = await import("../../runs/index.js");
    return migrateLegacy(store.sub(folder), runs, { ...options, signal });
  });
}
