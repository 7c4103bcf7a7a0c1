import { abortable } from "../../core/index.js";
import type { TransferEvent } from "./events.js";
import { folderPrefix } from "./selection.js";
import { transferMany } from "./transfer-many.js";
import type { TransferItem, TransferOptions, TreePlace } from "./transfer-options.js";

/** A key, or a key and the target's key relative to the target's folder. */
export type ListedKey = string | { readonly key: string; readonly targetKey: string };

export interface ListTransferOptions extends TransferOptions {
  /** Keys are relative to its folder. */
  readonly source: TreePlace;
  readonly target: TreePlace;
  /** Read as it goes: it may be without end, such as lines of a pipe. */
  readonly keys: Iterable<ListedKey> | AsyncIterable<ListedKey>;
}

/** Items handed over together: small, since a pipe may be slow. */
const BATCH = 64;

/** Copies the objects of a list; a key that is missing fails, and the others go on. */
export function transferList(options: ListTransferOptions): AsyncIterable<TransferEvent> {
  return list(options, false);
}

/** Moves the objects of a list. */
export function moveList(options: ListTransferOptions): AsyncIterable<TransferEvent> {
  return list(options, true);
}

function list(options: ListTransferOptions, isMove: boolean): AsyncIterable<TransferEvent> {
  const { source, target, keys } = options;
  const from = folderPrefix(source.prefix);
  const to = folderPrefix(target.prefix);
  return transferMany({
    source: source.store,
    target: target.store,
    options,
    firstRead: "small",
    isMove,
    async *items(run) {
      // A slow pipe's keys begin at once; only what is there anyway is put together.
      const batchSize = Symbol.iterator in keys ? BATCH : 1;
      let batch: TransferItem[] = [];
      for await (const listed of untilAborted(keys, run.signal)) {
        const [key, name] =
          typeof listed === "string" ? [listed, listed] : [listed.key, listed.targetKey];
        batch.push({ key: from + key, targetKey: to + name });
        if (batch.length < batchSize) continue;
        run.plan(batch.length, undefined);
        yield batch;
        batch = [];
      }
      if (batch.length > 0) {
        run.plan(batch.length, undefined);
        yield batch;
      }
      run.planDone();
    },
  });
}

/** The keys of a list, or `aborted` even while the pipe that they come from is silent. */
export function untilAborted<T>(
  keys: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal,
): Iterable<T> | AsyncIterable<T> {
  return Symbol.asyncIterator in keys ? abortable(keys, signal, "transfer") : keys;
}
