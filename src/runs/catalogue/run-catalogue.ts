import { isLodeError, type LodeError, toLodeError } from "../../errors.js";
import type { SqliteDatabase } from "../../index/index.js";
import type { CallOptions, ObjectStore, StoreWarning } from "../../storage/index.js";
import { countRefs, type DataQuery } from "../housekeeping/index.js";
import {
  type CatalogueFile,
  type CataloguePlace,
  catalogueFolder,
  cataloguePlace,
  openCatalogueFile,
} from "./catalogue-file.js";
import { type CatalogueUse, findUses } from "./find-uses.js";
import { type RunEdge, runEdges } from "./lineage.js";
import { queryRuns, type RunPage, type RunQuery } from "./run-query.js";
import {
  type CatalogueSync,
  type CatalogueSyncOptions,
  doubtRuns,
  syncHeads,
} from "./sync-heads.js";
import { FEW_RUNS, findsFaster, listsFaster } from "./worth.js";

export interface RunCatalogueOptions {
  /**
   * The file of the database, on a local disk; several processes may use it. Default: one for the store's URI in
   * `folder`, for `mem://` in memory. What is there and is no catalogue stays, and `path` with `.1` is taken.
   */
  readonly path?: string | undefined;
  /** Of catalogues. Default: `lodestore/catalogues` of the user's cache folder. */
  readonly folder?: string | undefined;
  /** Where the cache folder is looked up. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Told when a damaged file is replaced by a new one. */
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
  readonly #place: CataloguePlace;
  readonly #onWarning: RunCatalogueOptions["onWarning"];
  #file: CatalogueFile;
  #replacing: Promise<void> | undefined;

  private constructor(
    store: ObjectStore,
    place: CataloguePlace,
    file: CatalogueFile,
    onWarning: RunCatalogueOptions["onWarning"],
  ) {
    this.#store = store;
    this.#place = place;
    this.#file = file;
    this.#onWarning = onWarning;
  }

  /** Opens it as it was left; a new one is empty until it is synced. The store stays the caller's to close. */
  static async open(
    runs: { readonly store: ObjectStore },
    { path, env = process.env, folder = catalogueFolder(env), onWarning }: RunCatalogueOptions = {},
  ): Promise<RunCatalogue> {
    const { store } = runs;
    const place = path === undefined ? cataloguePlace(store.uri, folder) : { path, owned: false };
    const file = await openCatalogueFile(place, store.uri, (error) => warn(onWarning, error));
    return new RunCatalogue(store, place, file, onWarning);
  }

  /** Of a store of so many runs, and of data that so many use, reading them is faster than opening a catalogue. */
  static readonly FEW_RUNS = FEW_RUNS;

  /** Whether a store has so many runs that a catalogue, once it is filled, lists them faster than `RunStore.listRuns`. */
  static listsFaster(
    runs: { readonly store: ObjectStore },
    options: CallOptions = {},
  ): Promise<boolean> {
    return listsFaster(runs.store, options);
  }

  /** How many runs may use data, by what the store tells without reading any. */
  static countUsers(
    runs: { readonly store: ObjectStore },
    query: DataQuery,
    options: CallOptions = {},
  ): Promise<number> {
    return countRefs(runs.store, query, options);
  }

  /** Whether a sync and {@link findRunsByData} are faster than `RunStore.findRunsByData` for data of so many users. */
  async findsFaster(users: number, options: CallOptions = {}): Promise<boolean> {
    return findsFaster(await this.size(options), users);
  }

  /** Of the database that it uses now. */
  get path(): string {
    return this.#file.database.path;
  }

  /** Runs that it knew after the last sync, deleted ones too. */
  size(options: CallOptions = {}): Promise<number> {
    return this.#asked(options, (database) => {
      const [row] = database.rows<[number]>("SELECT count(*) FROM runs");
      return row?.[0] ?? 0;
    });
  }

  /** Lists the heads of the runs, and reads the runs whose heads changed. What is read is kept if it is stopped. */
  sync(options: CatalogueSyncOptions = {}): Promise<CatalogueSync> {
    return this.#mended((database) => syncHeads(database, this.#store, options));
  }

  /** Reads every run again. */
  async rebuild(options: CatalogueSyncOptions = {}): Promise<CatalogueSync> {
    await this.#mended(doubtRuns);
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
    this.#file.database.close();
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
    const file = this.#file;
    try {
      return await work(file.database);
    } catch (error) {
      const replaced = this.#file !== file;
      // What comes from the store is about the store.
      const damaged =
        isLodeError(error, "corrupt-format") && error.uri === `file://${file.database.path}`;
      if (!replaced && !damaged) throw toLodeError(error, "catalogue");
      if (!replaced && damaged) await this.#replace(file, error);
      await fill?.(this.#file.database);
      return await work(this.#file.database);
    }
  }

  /** Once, whoever finds the damage. */
  async #replace({ database, generation }: CatalogueFile, error: LodeError): Promise<void> {
    this.#replacing ??= (async () => {
      const again = (more: LodeError) => warn(this.#onWarning, more);
      again(error);
      database.close();
      const next = generation + 1;
      this.#file = await openCatalogueFile(this.#place, this.#store.uri, again, next);
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
