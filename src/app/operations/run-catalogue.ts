import { dirname } from "node:path";
import { isLodeError, type LodeError } from "../../errors.js";
import type { CatalogueSyncOptions, RunCatalogue, RunStore } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { usableStateFolder } from "../state-folder.js";

export interface CatalogueQuestion<T> {
  /** Whether to sync and ask is faster than to read runs. */
  readonly isFaster?: ((catalogue: RunCatalogue) => Promise<boolean>) | undefined;
  readonly onUnreadable?: CatalogueSyncOptions["onUnreadable"];
  /** Told how many runs a sync has read. */
  readonly onRead?: ((runs: number) => void) | undefined;
  /** Of the catalogue as it is after a sync. */
  readonly ask: (catalogue: RunCatalogue) => Promise<T>;
}

/**
 * What the catalogue of the runs in the user's cache folder answers, brought up to date first; undefined where it is
 * not faster or cannot be used. The latter is told, and never a failure: the store can answer everything itself.
 */
export async function askCatalogue<T>(
  app: AppContext,
  runs: RunStore,
  { isFaster = async () => true, onUnreadable, onRead, ask }: CatalogueQuestion<T>,
): Promise<T | undefined> {
  const { signal } = app;
  // In memory it would be filled anew each time.
  if (runs.uri.startsWith("mem:")) return undefined;
  const catalogue = await openCatalogue(app, runs);
  if (catalogue === undefined) return undefined;
  try {
    if (!(await isFaster(catalogue))) return undefined;
    await catalogue.sync({ signal, onUnreadable, onProgress: ({ read }) => onRead?.(read) });
    return await ask(catalogue);
  } catch (error) {
    // What comes from the store is about the store.
    const folder = `file://${dirname(catalogue.path)}`;
    if (!isLodeError(error) || error.uri?.startsWith(folder) !== true) throw error;
    warn(app, error);
    return undefined;
  } finally {
    catalogue.close();
  }
}

async function openCatalogue(app: AppContext, runs: RunStore): Promise<RunCatalogue | undefined> {
  const folder = await usableStateFolder(app, "catalogues");
  if (folder === undefined) return undefined;
  const { RunCatalogue: Opened } = await import("../../runs/index.js");
  try {
    return await Opened.open(runs, { folder, onWarning: app.onWarning });
  } catch (error) {
    // Only local files and native code are touched so far.
    if (!isLodeError(error)) throw error;
    warn(app, error);
    return undefined;
  }
}

function warn({ onWarning }: AppContext, { message }: LodeError): void {
  onWarning({ code: "no-catalogue", message: `runs are read one by one: ${message}` });
}
