import { compareKeys } from "../../core/index.js";
import { LodeError, toLodeError } from "../../errors.js";
import type { ObjectMeta } from "../backend.js";
import type { ObjectStore } from "../object-store.js";
import { type Deletable, deleteAll } from "./delete-objects.js";
import type { TransferEvent } from "./events.js";
import { failedItem, skippedItem } from "./item-events.js";
import { type ItemJob, makeContext, transferItem } from "./item-transfer.js";
import { type Joined, mergeJoin, type Named } from "./merge-join.js";
import { runConcurrently } from "./run-concurrently.js";
import {
  type CompiledSelection,
  compileSelection,
  folderPrefix,
  type Selection,
} from "./selection.js";
import { differenceOf, type SyncComparison } from "./sync-decision.js";
import { checkNoOverlap } from "./target-names.js";
import type { TransferOptions, TreePlace } from "./transfer-options.js";
import { runTransfer, type TransferRun } from "./transfer-run.js";
import { listTree } from "./transfer-tree.js";

export interface SyncOptions extends Omit<TransferOptions, "mode">, Selection {
  readonly source: TreePlace;
  readonly target: TreePlace;
  /** Default `auto`. */
  readonly compare?: SyncComparison | undefined;
  /**
   * Delete selected objects of the target that the source has not, after all copies and only if none
   * failed. A source without any object is refused (`invalid-argument`): it is more likely misspelt.
   */
  readonly delete?: boolean | undefined;
}

/** Names joined before they are handed to the workers. */
const BATCH = 256;

/** One side of the comparison. */
interface Side {
  readonly store: ObjectStore;
  readonly folder: string;
}

/**
 * Makes the target's tree like the source's: copies what is new or different. Both listings are read
 * side by side, so that memory does not grow with them.
 */
export function syncTree(options: SyncOptions): AsyncIterable<TransferEvent> {
  const source = { store: options.source.store, folder: folderPrefix(options.source.prefix) };
  const target = { store: options.target.store, folder: folderPrefix(options.target.prefix) };
  const selection = compileSelection(options);
  const isSame = options.sameStore ?? (source.store === target.store ? true : undefined);
  checkNoOverlap(source.store.uriOf(source.folder), target.store.uriOf(target.folder), isSame);

  return runTransfer(options, async (run) => {
    const context = makeContext(run, source.store, target.store, options);
    const job: ItemJob = { context, firstRead: "small", sameStore: options.sameStore };
    const comparison = options.compare ?? "auto";
    let sourceObjects = 0;
    async function* pairs(): AsyncGenerator<readonly Joined<ObjectMeta>[], void, undefined> {
      let batch: Joined<ObjectMeta>[] = [];
      for await (const pair of joinTrees(run, source, target, selection)) {
        if (pair.left === undefined) continue;
        sourceObjects++;
        batch.push(pair);
        if (batch.length < BATCH) continue;
        yield batch;
        batch = [];
      }
      yield batch;
    }
    await runConcurrently(pairs(), {
      concurrency: context.settings.concurrency,
      signal: run.signal,
      work: (pair) => syncOne(job, source, target, pair, comparison),
      backpressure: () => run.backpressure,
    });
    if (options.delete && !run.signal.aborted) {
      await deleteExtraneous(run, source, target, selection, sourceObjects);
    }
    run.planDone();
  });
}

async function syncOne(
  job: ItemJob,
  source: Side,
  target: Side,
  pair: Joined<ObjectMeta>,
  comparison: SyncComparison,
): Promise<void> {
  const { run } = job.context;
  const known = pair.left as ObjectMeta;
  const targetKey = target.folder + pair.name;
  const about = {
    action: "copy",
    key: known.key,
    source: source.store.uriOf(known.key),
    target: target.store.uriOf(targetKey),
  } as const;
  let difference: string | undefined = "not in the target";
  if (pair.right !== undefined) {
    try {
      const from = { store: source.store, meta: known };
      const to = { store: target.store, meta: pair.right };
      difference = await differenceOf(comparison, from, to, run.signal);
    } catch (error) {
      if (run.signal.aborted) return;
      const failure = toLodeError(error, "compare", about.source);
      run.item(failedItem(about, failure));
      return;
    }
  }
  if (difference === undefined) {
    run.item(skippedItem(about, "unchanged"));
    return;
  }
  run.plan(1, known.size);
  await transferItem(job, { key: known.key, targetKey, known, reason: difference });
}

/** Compares anew, so that what came into the source meanwhile is not deleted. */
async function deleteExtraneous(
  run: TransferRun,
  source: Side,
  target: Side,
  selection: CompiledSelection,
  sourceObjects: number,
): Promise<void> {
  // A source that is gone by now, such as a disk unmounted meanwhile, lists as empty too.
  if (sourceObjects === 0 || !(await hasObjects(run, source))) {
    throw new LodeError({
      code: "invalid-argument",
      message: `${source.store.uriOf(source.folder)} has no objects: deleting all of ${target.store.uriOf(target.folder)} is refused; check the source, or delete the target's tree by itself`,
    });
  }
  if (run.progress.failed > 0) {
    run.warn("not-deleted", "nothing was deleted from the target, since some objects failed");
    return;
  }
  async function* extraneous(): AsyncGenerator<Deletable, void, undefined> {
    for await (const { left, right } of joinTrees(run, source, target, selection)) {
      if (left !== undefined || right === undefined) continue;
      run.plan(1, 0);
      yield { key: right.key, size: right.size, reason: "not in the source" };
    }
  }
  await deleteAll(run, target.store, extraneous());
}

async function hasObjects(run: TransferRun, { store, folder }: Side): Promise<boolean> {
  for await (const page of listTree(store, folder, "", run.signal)) {
    if (page.length > 0) return true;
  }
  return false;
}

function joinTrees(
  run: TransferRun,
  source: Side,
  target: Side,
  selection: CompiledSelection,
): AsyncGenerator<Joined<ObjectMeta>, void, undefined> {
  return mergeJoin(namedTree(run, source, selection), namedTree(run, target, selection));
}

/** The selected objects of one side, in order of their names. */
async function* namedTree(
  run: TransferRun,
  { store, folder }: Side,
  selection: CompiledSelection,
): AsyncGenerator<readonly Named<ObjectMeta>[], void, undefined> {
  const all: Named<ObjectMeta>[] = [];
  for await (const page of listTree(store, folder, selection.prefix, run.signal)) {
    const named: Named<ObjectMeta>[] = [];
    for (const value of page) {
      const name = value.key.slice(folder.length);
      if (name !== "" && selection.selects(name)) named.push({ name, value });
    }
    if (store.capabilities.orderedListing) yield named;
    else all.push(...named);
  }
  if (store.capabilities.orderedListing) return;
  run.warnOnce("unordered", `${store.uri} lists in no order: its whole listing is held in memory`);
  yield all.sort((a, b) => compareKeys(a.name, b.name));
}
