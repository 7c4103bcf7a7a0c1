import { CONCURRENT_READS, sideBySide } from "../../core/index.js";
import { isLodeError, type LodeError } from "../../errors.js";
import type { SqliteDatabase } from "../../index/index.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { readHeadAt, readSavedAt, type SavedRun } from "../commit/index.js";
import { HEADS } from "../manifest/index.js";
import { PARTS } from "./schema.js";
import { removeRun, writeRun } from "./write-run.js";

/** Runs whose manifests are in memory at a time, and that one transaction writes. */
const BATCH = 64;

export interface CatalogueSyncOptions extends CallOptions {
  /** Told of each run that cannot be read, which is thrown otherwise. */
  readonly onUnreadable?: ((key: string, error: LodeError) => void) | undefined;
  /** Of the heads seen so far, and of the runs read. */
  readonly onProgress?: ((progress: Pick<CatalogueSync, "runs" | "read">) => void) | undefined;
}

/** What a sync did. */
export interface CatalogueSync {
  /** In the store, deleted ones too. */
  readonly runs: number;
  /** New or changed since the last sync. */
  readonly read: number;
  /** Gone for good. */
  readonly removed: number;
}

/** Brings the database up to what the heads tell now. Reads the runs whose heads changed. */
export async function syncHeads(
  database: SqliteDatabase,
  store: ObjectStore,
  { signal, onUnreadable, onProgress }: CatalogueSyncOptions = {},
): Promise<CatalogueSync> {
  const known = new Map(database.rows<[string, string]>("SELECT head_key, etag FROM runs"));
  let [runs, read] = [0, 0];
  let changed: string[] = [];
  const flush = async (): Promise<void> => {
    const found = await sideBySide(changed, CONCURRENT_READS, signal, (key, inner) =>
      readRun(store, key, inner, onUnreadable),
    );
    const batch = changed;
    changed = [];
    database.transaction(() => {
      for (const [index, saved] of found.entries()) {
        const key = batch[index] as string;
        if (saved === undefined) removeRun(database, key);
        else writeRun(database, key, saved);
      }
    });
    read += batch.length;
    onProgress?.({ runs, read });
  };
  for await (const { key, etag } of store.list({ prefix: HEADS, signal })) {
    if (!key.endsWith(".json")) continue;
    runs++;
    const same = known.get(key) === etag;
    known.delete(key);
    if (same) continue;
    changed.push(key);
    if (changed.length === BATCH) await flush();
  }
  await flush();
  database.transaction(() => {
    for (const key of known.keys()) removeRun(database, key);
  });
  return { runs, read, removed: known.size };
}

/** Empties the database, so that the next sync reads all. Within a transaction. */
export function forgetRuns(database: SqliteDatabase): void {
  for (const table of [...PARTS, "runs"]) database.run(`DELETE FROM ${table}`);
}

/** Undefined if the run is gone by now, or cannot be read. */
async function readRun(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
  onUnreadable: CatalogueSyncOptions["onUnreadable"],
): Promise<SavedRun | undefined> {
  try {
    const head = await readHeadAt(store, key, { signal });
    return head && (await readSavedAt(store, head, { signal }));
  } catch (error) {
    const unreadable = isLodeError(error, "corrupt-format", "integrity", "unsupported");
    if (!unreadable || onUnreadable === undefined) throw error;
    onUnreadable(key, error);
    return undefined;
  }
}
