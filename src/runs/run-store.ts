import { BlobStore, type Finding } from "../cas/index.js";
import { systemClock } from "../core/index.js";
import { LodeError } from "../errors.js";
import { type CallOptions, ObjectStore, openStore } from "../storage/index.js";
import { commitRun, publishRun, readHead, type SavedRun } from "./commit/index.js";
import type { RunContext } from "./context.js";
import { findRevision, findRun, manifestsOf } from "./find-run.js";
import {
  type DataQuery,
  deleteRun,
  findByData,
  type ListRunsOptions,
  listSaved,
  matchesFilter,
  type PurgedRun,
  type PurgeOptions,
  purgeRuns,
  type RepairRunsOptions,
  type RunsRepair,
  repairRuns,
  restoreRun,
  type VerifyRunsOptions,
  verifyRuns,
} from "./housekeeping/index.js";
import {
  inPlaceOr,
  isInPlace,
  listInPlace,
  loadInPlace,
  refuseInPlaceData,
  refuseInPlaceRun,
} from "./legacy/index.js";
import {
  checkRunId,
  copyKey,
  type DataReference,
  headKey,
  type RunFacts,
  type RunManifest,
} from "./manifest/index.js";
import { checkDataName, forgetNamed, listNamed } from "./named-data.js";
import type { RunDataOptions, RunStoreOptions, StoreDataOptions } from "./options.js";
import type { FoundRun, SaveResult } from "./results.js";
import { type NewRun, Run } from "./run.js";
import { RunData } from "./run-data.js";
import { RunViews } from "./run-views.js";
import { defaultUri, type RunDefaults, runDefaults } from "./store-settings.js";
import { checkStorageMode, type StorageMode } from "./views/index.js";

/**
 * Runs and the data that they read and write, below one URI; equal data is stored once. Close it: until then what it
 * stored is safe from collection, also before a run that needs it is saved. Every call throws only `LodeError`.
 */
export class RunStore implements AsyncDisposable {
  readonly store: ObjectStore;
  readonly blobs: BlobStore;
  readonly views: RunViews;
  readonly #context: RunContext;
  readonly #defaults: RunDefaults;
  readonly #data: RunData;
  readonly #now = (): number => this.#context.clock.now();

  private constructor(
    store: ObjectStore,
    { codecs = [], clock = systemClock, ...options }: RunStoreOptions,
    defaults: RunDefaults,
  ) {
    this.store = store;
    this.blobs = BlobStore.open(store, { ...options, clock });
    this.views = new RunViews(store);
    this.#context = { store, blobs: this.blobs, clock };
    this.#defaults = defaults;
    this.#data = new RunData(this.blobs, codecs, clock);
  }

  /**
   * The store at a URI, or over one that the caller opened and `close` closes. Default: the bucket of
   * `MLTRACK_S3_BUCKET` below `mltrack` (`MLTRACK_S3_PREFIX`), else the folder `.lode/runs` of the working
   * directory. Throws `invalid-argument`, `invalid-config`.
   */
  static async open(
    place?: string | ObjectStore | undefined,
    options: RunStoreOptions = {},
  ): Promise<RunStore> {
    const env = options.env ?? process.env;
    const defaults = runDefaults(options, env);
    const store =
      place instanceof ObjectStore ? place : await openStore(place ?? defaultUri(env), options);
    return new RunStore(store, options, defaults);
  }

  get uri(): string {
    return this.store.uri;
  }

  /** Stores a value under a name, which keeps it until {@link forget}. The name may keep several. */
  storeData(data: unknown, name: string, options: StoreDataOptions = {}): Promise<DataReference> {
    return this.#data.keep(data, name, options);
  }

  /** What was stored under a name, or under all names; the newest of a name last. */
  listData(name?: string | undefined, options: CallOptions = {}): Promise<DataReference[]> {
    return listNamed(this.store, name, options);
  }

  /** Lets go of all that a name keeps, and tells what it was. What runs use stays. */
  forget(name: string, options: CallOptions = {}): Promise<DataReference[]> {
    return forgetNamed(this.store, checkDataName(name), options);
  }

  /** A new run. Nothing is written until it is saved. Throws `already-exists`, `invalid-argument`. */
  async createRun(options: NewRun & CallOptions = {}): Promise<Run> {
    const { signal, ...given } = options;
    const run = this.beginRun(given);
    const head = await readHead(this.store, run.id, { signal });
    // One of mltrack's has no head.
    const taken = head !== undefined || (await this.store.exists(copyKey(run.id), { signal }));
    if (!taken) return run;
    throw new LodeError({
      code: "already-exists",
      message: `there is a run ${JSON.stringify(run.id)}; load it to change it, or give another id`,
      uri: this.store.uriOf(headKey(run.id)),
    });
  }

  /** The same at once: whether its id is taken is seen when it is saved. Throws `invalid-argument`. */
  beginRun(options: NewRun = {}): Run {
    const { runType = this.#defaults.runType, storageModes = this.#defaults.storageModes } =
      options;
    return Run.begin({ ...options, runType, storageModes }, this.#now);
  }

  /** Stores a value, or takes a reference to what is stored, as an input of the run; then save the run. */
  addRunInput(
    run: Run,
    name: string,
    data: unknown,
    options: RunDataOptions = {},
  ): Promise<DataReference> {
    return this.#data.add(run, "inputs", name, data, options);
  }

  /** The same as an output. */
  addRunOutput(
    run: Run,
    name: string,
    data: unknown,
    options: RunDataOptions = {},
  ): Promise<DataReference> {
    return this.#data.add(run, "outputs", name, data, options);
  }

  /** Adds a view. A run that was saved is saved again. */
  async addStorageLocation(run: Run, mode: StorageMode, options: CallOptions = {}): Promise<void> {
    const view = checkStorageMode(mode);
    if (!run.storageModes.includes(view)) run.storageModes.push(view);
    if (run.revision > 0 || run.readOnly) await this.saveManifest(run, options);
  }

  /** Takes a view away. A run that was saved is saved again. */
  async removeStorageLocation(
    run: Run,
    mode: StorageMode,
    options: CallOptions = {},
  ): Promise<void> {
    run.storageModes = run.storageModes.filter((view) => view !== mode);
    if (run.revision > 0 || run.readOnly) await this.saveManifest(run, options);
  }

  /**
   * Commits the run as its next revision and shows it in its views. What others saved meanwhile is merged by key and
   * taken into `run`. Throws `precondition-failed` naming what both changed, `already-exists` for a new run whose id is
   * taken by now, `not-found` for data that is not in the store, `unsupported` for runs and data that mltrack wrote here,
   * and `partial-failure` if the run is saved and its views are not written; `details.committed` tells.
   */
  async saveManifest(run: Run, options: CallOptions = {}): Promise<SaveResult> {
    if (run.revision === 0) await refuseInPlaceRun(this.store, run.id, options);
    run.refuseOlder();
    for (const mode of run.storageModes) {
      if (!run.saved?.manifest.storageModes.includes(mode)) checkStorageMode(mode);
    }
    for (const role of [run.inputs, run.outputs]) Object.values(role).forEach(refuseInPlaceData);
    const session = await this.#data.session();
    const base = run.saved;
    const { saved, replaced, changed } = await commitRun(
      this.#context,
      session,
      run.facts(),
      base,
      options,
    );
    run.accept(saved);
    if (changed) await publishRun(this.store, saved, replaced?.manifest, options);
    const { revision } = saved.manifest;
    return { runId: run.id, revision, changed, merged: replaced !== base };
  }

  /**
   * The newest revision of a run, or an older one, which cannot be saved. A run that mltrack wrote here is given as it
   * told it. Throws `not-found`.
   */
  async getRun(
    id: string,
    { revision, signal }: CallOptions & { readonly revision?: number | undefined } = {},
  ): Promise<Run> {
    const saved = await findRun(this.store, id, { signal }).catch((missing: unknown) =>
      inPlaceOr(this.store, id, missing, { signal }),
    );
    if (!("head" in saved)) return this.#foreign(saved);
    if (revision === undefined || revision === saved.manifest.revision) return this.#run(saved);
    return this.#foreign(await findRevision(this.store, saved, revision, { signal }));
  }

  /** All revisions of a run, the newest first. Throws `not-found`. */
  async *revisions(id: string, { signal }: CallOptions = {}): AsyncGenerator<RunManifest, void> {
    yield* manifestsOf(this.store, await findRun(this.store, id, { signal }), { signal });
  }

  /**
   * Runs, in the order of their ids' keys; then those that mltrack wrote here. Reads every manifest. Throws `unsupported`
   * where all there is has mltrack's first layout.
   */
  async *listRuns(options: ListRunsOptions = {}): AsyncGenerator<Run, void> {
    const ours = options.foreignOnly === true ? [] : listSaved(this.store, options);
    for await (const saved of ours) yield this.#run(saved);
    if (options.deleted === true) return;
    for await (const facts of listInPlace(this.store, options)) {
      if (matchesFilter(facts, options)) yield this.#foreign(facts);
    }
  }

  /** The runs that use data now: a blob, a digest, or a reference, which also finds equal data in other blobs. */
  async findRunsByData(query: DataQuery, options: CallOptions = {}): Promise<FoundRun[]> {
    const found = await findByData(this.store, query, options);
    return found.map(({ saved, uses }) => ({ run: this.#run(saved), uses }));
  }

  /** Deletes a run, which can be restored until it is purged; false if it was deleted before. Throws `not-found`. */
  deleteRun(id: string, options: CallOptions = {}): Promise<boolean> {
    return deleteRun(this.#context, checkRunId(id), options);
  }

  /** Takes a deletion back; false if the run is not deleted. Throws `not-found`. */
  restoreRun(id: string, options: CallOptions = {}): Promise<boolean> {
    return restoreRun(this.#context, checkRunId(id), options);
  }

  /** Removes deleted runs for good whose restore window is over. */
  purge(options: PurgeOptions = {}): Promise<PurgedRun[]> {
    return purgeRuns(this.#context, options);
  }

  /** What is damaged of that which tells of runs; `blobs.verify` looks at their data. */
  verifyRuns(options: VerifyRunsOptions = {}): AsyncGenerator<Finding, void> {
    return verifyRuns(this.store, options);
  }

  /** Mends it: damaged heads are set aside, and written anew from the revisions of their runs. */
  repairRuns(options: RepairRunsOptions = {}): Promise<RunsRepair> {
    return repairRuns(this.#context, options);
  }

  /** A stored value, verified. Throws `not-found`, `integrity`, `corrupt-format`. */
  load(reference: DataReference, options: CallOptions = {}): Promise<unknown> {
    if (isInPlace(reference)) return loadInPlace(this.store, reference, options);
    return this.#data.load(reference, options);
  }

  /** The stored bytes of a value, verified, in bounded memory. Throws `unsupported` for data that mltrack wrote here. */
  stream(
    reference: Pick<DataReference, "hash" | "more">,
    options: CallOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    refuseInPlaceData(reference);
    return this.blobs.stream(reference.hash, options);
  }

  /** Ends what protects data that no run or name keeps, and closes the store. */
  async close(): Promise<void> {
    try {
      await this.#data.close();
    } finally {
      await this.store.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #foreign(facts: RunFacts): Run {
    return Run.of(facts, undefined, this.#now);
  }

  #run(saved: SavedRun): Run {
    return Run.of(saved.manifest, saved, this.#now);
  }
}
