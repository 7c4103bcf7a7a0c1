import { objectKey } from "../../core/index.js";
import { isLodeError, type LodeError, toLodeError } from "../../errors.js";
import type { ObjectStore } from "../object-store.js";
import type { TransferEvent } from "./events.js";
import { compileSelection, folderPrefix, type Selection } from "./selection.js";
import { untilAborted } from "./transfer-list.js";
import type { RunOptions, TreePlace } from "./transfer-options.js";
import { runTransfer, type TransferRun } from "./transfer-run.js";
import { listTree } from "./transfer-tree.js";

export interface DeleteOptions extends RunOptions {
  /** Batches in flight. Default 4. */
  readonly concurrency?: number | undefined;
}

/** Something to delete, and its size if it is known. */
export interface Deletable {
  readonly key: string;
  readonly size?: number | undefined;
  readonly reason?: string | undefined;
}

/** Deletes the objects of a list; a missing one is no failure. */
export function deleteObjects(
  options: DeleteOptions & {
    readonly store: ObjectStore;
    readonly keys: Iterable<string> | AsyncIterable<string>;
  },
): AsyncIterable<TransferEvent> {
  return runTransfer(options, async (run) => {
    async function* keys(): AsyncGenerator<Deletable, void, undefined> {
      for await (const key of untilAborted(options.keys, run.signal)) {
        run.plan(1, undefined);
        yield { key };
      }
      run.planDone();
    }
    await deleteAll(run, options.store, keys(), options.concurrency);
  });
}

/** Deletes the selected objects below a folder. */
export function deleteTree(
  options: DeleteOptions & Selection & { readonly target: TreePlace },
): AsyncIterable<TransferEvent> {
  const { store } = options.target;
  const folder = folderPrefix(options.target.prefix);
  const selection = compileSelection(options);
  return runTransfer(options, async (run) => {
    async function* selected(): AsyncGenerator<Deletable, void, undefined> {
      for await (const page of listTree(store, folder, selection.prefix, run.signal)) {
        const meant = page.filter(({ key }) => selection.selects(key.slice(folder.length)));
        if (meant.length > 0) {
          run.plan(
            meant.length,
            meant.reduce((sum, { size }) => sum + size, 0),
          );
        }
        yield* meant;
      }
      run.planDone();
    }
    await deleteAll(run, store, selected(), options.concurrency);
  });
}

/** Deletes what comes and tells what became of each. A key that none could be fails by itself. */
export async function deleteAll(
  run: TransferRun,
  store: ObjectStore,
  objects: AsyncIterable<Deletable>,
  concurrency?: number,
): Promise<void> {
  const sent: Deletable[] = [];
  async function* keys(): AsyncGenerator<string, void, undefined> {
    for await (const object of objects) {
      if (!isDeletable(run, store, object)) continue;
      sent.push(object);
      yield object.key;
    }
  }
  let at = 0;
  for await (const result of store.deleteMany(keys(), { signal: run.signal, concurrency })) {
    const object = sent[at++];
    // Those that are answered are forgotten, so that a long list takes no memory.
    if (at === 10_000) {
      sent.splice(0, at);
      at = 0;
    }
    if (object !== undefined) tell(run, store, object, result.error);
    const wait = run.backpressure;
    if (wait !== undefined) await wait;
  }
}

/** Tells what is not sent: in a dry run everything, else keys that are none. */
function isDeletable(run: TransferRun, store: ObjectStore, object: Deletable): boolean {
  try {
    objectKey(object.key);
  } catch (error) {
    tell(run, store, object, toLodeError(error, "delete", store.uriOf(object.key)));
    return false;
  }
  if (!run.dryRun) return true;
  run.item({ ...about(store, object), status: "planned" });
  return false;
}

function tell(
  run: TransferRun,
  store: ObjectStore,
  object: Deletable,
  error: LodeError | undefined,
): void {
  if (error !== undefined && run.signal.aborted && isLodeError(error, "aborted")) return;
  run.item({ ...about(store, object), status: error === undefined ? "done" : "failed", error });
}

function about(store: ObjectStore, { key, size, reason }: Deletable) {
  return {
    type: "item",
    action: "delete",
    key,
    source: store.uriOf(key),
    bytes: size ?? 0,
    ...(reason === undefined ? {} : { reason }),
  } as const;
}
