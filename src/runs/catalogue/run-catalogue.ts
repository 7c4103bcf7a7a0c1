import { isLodeError, type LodeError, toLodeError } from "../../errors.js";
import type { SqliteDatabase } from "../../index/index.js";
import type { CallOptions, ObjectStore, StoreWarning } from "../../storage/index.js";
import type { DataQuery } from "../housekeeping/index.js";
import { cataloguePath, openCatalogueFile, removeCatalogueFile } from "./catalogue-file.js";
import { type CatalogueUse, findUses } from "./find-uses.js";
import { type RunEdge, runEdges } from "./lineage.js";
import { queryRuns, type RunPage, type RunQuery } from "./run-query.js";
import {
  type CatalogueSync,
  type CatalogueSyncOptions,
  forgetRuns,
  syncHeads,
} from "./sync-heads.js";

export interface RunCatalogueOptions {
  /**
   * The file of the database, on a local disk; several processes may use it. Default: one for the store's URI in the
   * user's cache folder, for `mem://` in memory.
   */
  readonly path?: string | undefined;
  /** Where the cache folder is looked up. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Told when a damaged file was replaced by a new one. */
  readonly onWarning?: ((warning: StoreWarning) => void) | undefined;
}

export interface LineageOptions extends CallOptions {
  /** Steps from the run, 1 or more. Default 1000. */
  readonly depth?: number | undefined;
}

/**
 * The runs of a store in a local database: lists, comparisons and lineage that do not read every manifest. It tells what
 * was there at the last {@link sync}, which reads what changed since; the file can be deleted at any time. Runs that
 * mltrack wrote are not in it. Every call throws only `LodeError`.
 */
export class RunCatalogue implements Disposable {
  readonly #store: ObjectStore;
  readonly #path: string;
  readonly #onWarning: RunCatalogueOptions["onWarning"];
  #database: SqliteDatabase;
  #replacing: Promise<void> | undefined;

  private constructor(
    store: ObjectStore,
    path: string,
    database: SqliteDatabase,
    onWarning: RunCatalogueOptions["onWarning"],
  ) {
    this.#store = store;
    this.#path = path;
    this.#database = database;
    this.#onWarning = onWarning;
  }

  /** Opens it as it was left; a new one is empty until it is synced. The store stays the caller's to close. */
  static async open(
    runs: { readonly store: ObjectStore },
    { path, env = process.env, onWarning }: RunCatalogueOptions = {},
  ): Promise<RunCatalogue> {
    const { store } = runs;
    const place = path ?? cataloguePath(store.uri, env);
    const database = await openCatalogueFile(place, store.uri, (error) => warn(onWarning, error));
    return new RunCatalogue(store, place, database, onWarning);
  }

  get path(): string {
    return this.#path;
  }

  /** Lists the heads of the runs, and reads the runs whose heads changed. What is read is kept if it is stopped. */
  sync(options: CatalogueSyncOptions = {}): Promise<CatalogueSync> {
    return this.#mended((database) => syncHeads(database, this.#store, options));
  }

  /** Forgets all and reads every run again. */
  async rebuild(options: CatalogueSyncOptions = {}): Promise<CatalogueSync> {
    await this.#mended((database) => database.transaction(() => forgetRuns(database)));
    return this.sync(options);
  }

  /** A page of the runs that are meant. Throws `invalid-argument`. */
  list(query: RunQuery = {}, options: CallOptions = {}): Promise<RunPage> {
    return this.#asked(options, (database) => queryRuns(database, query));
  }

  /** As `RunStore.findRunsByData` does, of the last sync. */
  findRunsByData(query: DataQuery, options: CallOptions = {}): Promise<CatalogueUse[]> {
    return this.#asked(options, (database) => findUses(database, query));
  }

  /** What the run's inputs were made by, and theirs, up to `depth` steps away. Throws `not-found`, `invalid-argument`. */
  upstream(runId: string, options: LineageOptions = {}): Promise<RunEdge[]> {
    return this.#asked(options, (database) => runEdges(database, runId, "upstream", options.depth));
  }

  /** What the run's outputs went into. Throws `not-found`, `invalid-argument`. */
  downstream(runId: string, options: LineageOptions = {}): Promise<RunEdge[]> {
    return this.#asked(options, (database) =>
      runEdges(database, runId, "downstream", options.depth),
    );
  }

  close(): void {
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** An answer from the database; from a full new one where it is damaged. */
  #asked<T>({ signal }: CallOptions, ask: (database: SqliteDatabase) => T): Promise<T> {
    return this.#mended(ask, (database) => syncHeads(database, this.#store, { signal }));
  }

  async #mended<T>(
    work: (database: SqliteDatabase) => T | Promise<T>,
    fill?: (database: SqliteDatabase) => Promise<unknown>,
  ): Promise<T> {
    const database = this.#database;
    try {
      return await work(database);
    } catch (error) {
      const replaced = this.#database !== database;
      // What comes from the store is about the store.
      const damaged =
        isLodeError(error, "corrupt-format") && error.uri === `file://${database.path}`;
      if (!replaced && !damaged) throw toLodeError(error, "catalogue");
      if (!replaced && damaged) await this.#replace(database, error);
      await fill?.(this.#database);
      return await work(this.#database);
    }
  }

  /** Once, whoever finds the damage. */
  async #replace(damaged: SqliteDatabase, error: LodeError): Promise<void> {
    this.#replacing ??= (async () => {
      warn(this.#onWarning, error);
      damaged.close();
      await removeCatalogueFile(this.#path);
      const again = (more: LodeError) => warn(this.#onWarning, more);
      this.#database = await openCatalogueFile(this.#path, this.#store.uri, again);
    })().finally(() => {
      this.#replacing = undefined;
    });
    await this.#replacing;
  }
}

function warn(onWarning: RunCatalogueOptions["onWarning"], error: LodeError): void {
  onWarning?.({
    code: "catalogue",
    message: `${error.message}; the catalogue is made anew from the store`,
  });
}
