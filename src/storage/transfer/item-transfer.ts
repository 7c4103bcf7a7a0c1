import { isLodeError, LodeError, toLodeError } from "../../errors.js";
import type { CopyContext } from "./copy-context.js";
import { doneItem, failedItem, type ItemAbout, plannedItem, skippedItem } from "./item-events.js";
import { JournalFolder } from "./journal.js";
import { copyObject, type FirstRead } from "./object-copy.js";
import type { SourceRemover } from "./source-remover.js";
import { checkNotSelf, checkTargetName, isFolderMarker } from "./target-names.js";
import { resolveSettings, type TransferItem, type TransferOptions } from "./transfer-options.js";
import type { TransferRun } from "./transfer-run.js";

/** What all items of a run have in common. */
export interface ItemJob {
  readonly context: CopyContext;
  readonly firstRead: FirstRead;
  /** As the user gave it: undefined if it was not said. */
  readonly sameStore: boolean | undefined;
  /** Present in a move. */
  readonly remover?: SourceRemover | undefined;
}

export function makeContext(
  run: TransferRun,
  source: CopyContext["source"],
  target: CopyContext["target"],
  options: TransferOptions,
): CopyContext {
  const settings = resolveSettings(options);
  if (options.sameStore === true && source.uri !== target.uri) {
    throw new LodeError({
      code: "invalid-argument",
      message: `${source.uri} and ${target.uri} are not one store: open their common container`,
    });
  }
  return {
    run,
    source,
    target,
    settings,
    sameStore: options.sameStore ?? source === target,
    journals: settings.stateDir === undefined ? undefined : new JournalFolder(settings.stateDir),
  };
}

/** Copies or moves one object and tells how it went; throws nothing. */
export async function transferItem(job: ItemJob, item: TransferItem): Promise<void> {
  const { context } = job;
  const { run, source, target } = context;
  const action = job.remover === undefined ? "copy" : "move";
  const about = {
    action,
    key: item.key,
    source: source.uriOf(item.key),
    target: target.uriOf(item.targetKey),
    reason: item.reason,
  } as const;
  try {
    if (isFolderMarker(target, item.targetKey, item.known?.size)) {
      run.item(skippedItem(about, "folder marker"));
      return;
    }
    checkTargetName(target, item.targetKey);
    checkNotSelf(about.source, about.target, sameStoreOf(job), action === "move");
    if (context.settings.mode === "skip" && (await existsAlready(context, item))) {
      run.item(skippedItem(about, "exists"));
      return;
    }
    if (run.dryRun) {
      await planItem(context, item, about);
      return;
    }
    await transferNow(job, item, about);
  } catch (error) {
    // Cancelled, not failed: the summary tells it.
    if (run.signal.aborted && isLodeError(toLodeError(error), "aborted")) return;
    if (context.settings.mode === "skip" && isLodeError(error, "already-exists")) {
      run.item(skippedItem(about, "exists"));
      return;
    }
    run.item(failedItem(about, toLodeError(error, action, about.source)));
  }
}

async function transferNow(job: ItemJob, item: TransferItem, about: ItemAbout): Promise<void> {
  const { context, remover } = job;
  const { run } = context;
  if (remover === undefined) {
    const outcome = await copyObject(context, item, job.firstRead);
    run.item(doneItem(about, outcome));
    return;
  }
  const outcome = await remover.rename(item);
  if (outcome !== undefined) {
    run.item(doneItem(about, outcome));
    return;
  }
  // What is removed later is compared with what was copied, so the version must be known.
  const known = item.known ?? (context.sameStore ? await head(context, item) : undefined);
  const copied = await copyObject(context, { ...item, known }, job.firstRead);
  await remover.remove(item.key, copied.sourceEtag, (error) => {
    const isGone = error === undefined;
    run.item(isGone ? doneItem(about, copied) : failedItem(about, notRemoved(about, error)));
  });
}

async function planItem(context: CopyContext, item: TransferItem, about: ItemAbout): Promise<void> {
  const meta = item.known ?? (await head(context, item));
  context.run.progress.bytes += meta.size;
  context.run.item(plannedItem(about, meta.size));
}

function head(context: CopyContext, item: TransferItem) {
  return context.source.head(item.key, { signal: context.run.signal });
}

async function existsAlready(context: CopyContext, item: TransferItem): Promise<boolean> {
  return context.target.exists(item.targetKey, { signal: context.run.signal });
}

/** What the run found out counts as said, where both are one object. */
function sameStoreOf(job: ItemJob): boolean | undefined {
  return job.sameStore ?? (job.context.sameStore ? true : undefined);
}

function notRemoved(about: ItemAbout, error: LodeError): LodeError {
  return new LodeError({
    code: error.code,
    message: `${about.source} was copied to ${about.target} but not removed: ${error.message}`,
    retry: error.retry,
    operation: "move",
    uri: about.source,
    details: error.details,
    cause: error,
  });
}
