import type { CopyContext } from "./copy-context.js";
import type { TransferEvent } from "./events.js";
import { makeContext, transferItem } from "./item-transfer.js";
import type { FirstRead } from "./object-copy.js";
import { runConcurrently } from "./run-concurrently.js";
import { SourceRemover } from "./source-remover.js";
import type { TransferItem, TransferOptions } from "./transfer-options.js";
import { runTransfer, type TransferRun } from "./transfer-run.js";

/** The objects of a run, batch by batch; it tells the plan as it goes. */
export type ItemSource = (
  run: TransferRun,
  context: CopyContext,
) => AsyncIterable<readonly TransferItem[]>;

export interface ManyOptions {
  readonly source: CopyContext["source"];
  readonly target: CopyContext["target"];
  readonly options: TransferOptions;
  readonly firstRead: FirstRead;
  readonly isMove: boolean;
  readonly items: ItemSource;
}

/** Copies or moves many objects; one that fails does not stop the others. */
export function transferMany(many: ManyOptions): AsyncIterable<TransferEvent> {
  const { options } = many;
  return runTransfer(options, async (run) => {
    const context = makeContext(run, many.source, many.target, options);
    const remover = many.isMove ? new SourceRemover(context) : undefined;
    const job = { context, firstRead: many.firstRead, sameStore: options.sameStore, remover };
    try {
      await runConcurrently(many.items(run, context), {
        concurrency: context.settings.concurrency,
        signal: run.signal,
        work: (item) => transferItem(job, item),
        backpressure: () => run.backpressure,
      });
    } finally {
      await remover?.flush();
    }
  });
}
