import type { TransferEvent } from "./events.js";
import { makeContext, transferItem } from "./item-transfer.js";
import { SourceRemover } from "./source-remover.js";
import type { ObjectPlace, TransferOptions } from "./transfer-options.js";
import { runTransfer } from "./transfer-run.js";

export interface ObjectTransferOptions extends TransferOptions {
  readonly source: ObjectPlace;
  readonly target: ObjectPlace;
}

/** Copies one object, of any store to any store: an upload and a download are the same. */
export function transferObject(options: ObjectTransferOptions): AsyncIterable<TransferEvent> {
  return oneObject(options, false);
}

/** Copies one object and then removes the source; renames it where the store can. */
export function moveObject(options: ObjectTransferOptions): AsyncIterable<TransferEvent> {
  return oneObject(options, true);
}

function oneObject(options: ObjectTransferOptions, isMove: boolean): AsyncIterable<TransferEvent> {
  const { source, target } = options;
  return runTransfer(options, async (run) => {
    const context = makeContext(run, source.store, target.store, options);
    const remover = isMove ? new SourceRemover(context) : undefined;
    const { sameStore } = options;
    run.plan(1, undefined);
    run.planDone();
    const job = { context, firstRead: "part", sameStore, remover } as const;
    await transferItem(job, { key: source.key, targetKey: target.key });
    await remover?.flush();
  });
}
