import { CONCURRENT_READS, sideBySide } from "../../core/index.js";
import { isLodeError, type LodeError } from "../../errors.js";
import type { SqliteDatabase } from "../../index/index.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { readHeadAt, readSavedAt } from "../commit/index.js";
import { HEADS } from "../manifest/index.js";
import { type RunRows, rowsOfRun } from "./run-rows.js";
import { INDEXES, LAST_INDEX } from "./schema.js";
import { type SeenRun, writeRuns } from "./write-runs.js";

/** Runs that are read before the listing of heads goes on; of each that is read only its rows stay in memory. */
const READ_BATCH = 128;
/** Runs, and bytes of their rows, that one transaction writes. */
const WRITE_BATCH = 2000;
const WRITE_BATCH_BYTES = 16 * 1024 * 1024;

export interface CatalogueSyncOptions extends CallOptions {
  /**
   * Told of each run that cannot be read, which is thrown otherwise. `deleted` tells whether it is a deleted run, and is
   * undefined if that is what cannot be read.
   */
  readonly onUnreadable?:
    | ((key: string, error: LodeError, deleted: boolean | undefined) => void)
    | undefined;
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
  options: CatalogueSyncOptions = {},
): Promise<CatalogueSync> {
  const { signal, onProgress } = options;
  const known = new Map(database.rows<[string, string]>("SELECT head_key, etag FROM runs"));
  const changes = new Changes(database, store, options);
  let runs = 0;
  let changed: [key: string, before: string | undefined][] = [];
  const read = async (): Promise<void> => {
    await changes.read(changed);
    changed = [];
    onProgress?.({ runs, read: changes.count });
  };
  try {
    for await (const { key, etag } of store.list({ prefix: HEADS, signal })) {
      if (!key.endsWith(".json")) continue;
      runs++;
      const before = known.get(key);
      known.delete(key);
      if (before === etag) continue;
      changed.push([key, before]);
      if (changed.length === READ_BATCH) await read();
    }
    if (changed.length > 0) await read();
  } finally {
    changes.write();
  }
  await changes.readOvertaken();
  for (const [headKey, before] of known) changes.add({ headKey, before, rows: undefined });
  changes.write();
  makeIndexes(database);
  return { runs, read: changes.count, removed: known.size };
}

/** Makes that every run is read again by the next sync. What is known of them stays until then. */
export function doubtRuns(database: SqliteDatabase): void {
  database.run("UPDATE runs SET etag = ''");
}

/** Runs that changed, on their way from the store into the database. */
class Changes {
  readonly #database: SqliteDatabase;
  readonly #store: ObjectStore;
  readonly #options: CatalogueSyncOptions;
  readonly #overtaken = new Map<string, string | undefined>();
  #seen: SeenRun[] = [];
  #bytes = 0;
  /** Runs read. */
  count = 0;

  constructor(database: SqliteDatabase, store: ObjectStore, options: CatalogueSyncOptions) {
    this.#database = database;
    this.#store = store;
    this.#options = options;
  }

  /** Reads runs, with the etags of their rows before it. */
  async read(keys: readonly (readonly [key: string, before: string | undefined])[]): Promise<void> {
    await sideBySide(
      keys,
      CONCURRENT_READS,
      this.#options.signal,
      async ([headKey, before], inner) => {
        const rows = await readRun(this.#store, headKey, inner, this.#options.onUnreadable);
        this.add({ headKey, before, rows });
      },
    );
    this.count += keys.length;
    if (this.#seen.length >= WRITE_BATCH || this.#bytes >= WRITE_BATCH_BYTES) this.write();
  }

  add(seen: SeenRun): void {
    this.#seen.push(seen);
    this.#bytes += seen.rows?.bytes ?? 0;
  }

  /** Writes what was read. */
  write(): void {
    for (let at = 0; at < this.#seen.length; at += WRITE_BATCH) {
      const batch = this.#seen.slice(at, at + WRITE_BATCH);
      for (const [key, etag] of writeRuns(this.#database, batch)) this.#overtaken.set(key, etag);
    }
    this.#seen = [];
    this.#bytes = 0;
  }

  /** Reads again what another process wrote while it was read here, so that nothing older takes its place. */
  async readOvertaken(): Promise<void> {
    while (this.#overtaken.size > 0) {
      const again = [...this.#overtaken];
      this.#overtaken.clear();
      await this.read(again);
      this.write();
    }
  }
}

/** Undefined if the run is gone by now, or cannot be read. */
async function readRun(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
  onUnreadable: CatalogueSyncOptions["onUnreadable"],
): Promise<RunRows | undefined> {
  let deleted: boolean | undefined;
  try {
    const head = await readHeadAt(store, key, { signal });
    if (head === undefined) return undefined;
    deleted = head.head.deletedAt !== null;
    const saved = await readSavedAt(store, head, { signal });
    return saved && rowsOfRun(saved);
  } catch (error) {
    const unreadable = isLodeError(error, "corrupt-format", "integrity", "unsupported");
    if (!unreadable || onUnreadable === undefined) throw error;
    onUnreadable(key, error, deleted);
    return undefined;
  }
}

function makeIndexes(database: SqliteDatabase): void {
  const made = "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?";
  if (database.rows(made, [LAST_INDEX]).length > 0) return;
  database.transaction(() => database.exec(INDEXES));
}
