import { isLodeError, LodeError, toLodeError } from "../../errors.js";
import type { CopyContext, CopyOutcome } from "./copy-context.js";
import type { ItemEvent } from "./events.js";
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
    ...(item.reason === undefined ? {} : { reason: item.reason }),
  } as const;
  try {
    if (isFolderMarker(target, item.targetKey, item.known?.size)) {
      run.item({ ...about, status: "skipped", bytes: 0, reason: "folder marker" });
      return;
    }
    checkTargetName(target, item.targetKey);
    checkNotSelf(about.source, about.target, sameStoreOf(job), action === "move");
    if (context.settings.mode === "skip" && (await existsAlready(context, item))) {
      run.item({ ...about, status: "skipped", bytes: 0, reason: "exists" });
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
      run.item({ ...about, status: "skipped", bytes: 0, reason: "exists" });
      return;
    }
    const failure = toLodeError(error, action, about.source);
    run.item({ ...about, status: "failed", bytes: 0, error: failure });
  }
}

type About = Pick<ItemEvent, "action" | "key" | "source" | "target" | "reason">;

async function transferNow(job: ItemJob, item: TransferItem, about: About): Promise<void> {
  const { context, remover } = job;
  const { run } = context;
  if (remover === undefined) {
    const outcome = await copyObject(context, item, job.firstRead);
    run.item({ ...about, status: "done", ...told(outcome) });
    return;
  }
  const outcome = await remover.rename(item);
  if (outcome !== undefined) {
    run.item({ ...about, status: "done", ...told(outcome) });
    return;
  }
  // What is removed later is compared with what was copied, so the version must be known.
  const known = item.known ?? (context.sameStore ? await head(context, item) : undefined);
  const copied = await copyObject(context, { ...item, known }, job.firstRead);
  await remover.remove(item.key, copied.sourceEtag, (error) => {
    if (error === undefined) run.item({ ...about, status: "done", ...told(copied) });
    else run.item({ ...about, status: "failed", bytes: 0, error: notRemoved(about, error) });
  });
}

async function planItem(context: CopyContext, item: TransferItem, about: About): Promise<void> {
  const meta = item.known ?? (await head(context, item));
  context.run.progress.bytes += meta.size;
  context.run.item({ ...about, status: "planned", bytes: meta.size });
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

function told(outcome: CopyOutcome): Pick<ItemEvent, "bytes" | "method" | "etag" | "crc32c"> & {
  resumedBytes?: number;
} {
  const { bytes, method, etag, crc32c, resumedBytes } = outcome;
  return { bytes, method, etag, crc32c, ...(resumedBytes > 0 ? { resumedBytes } : {}) };
}

function notRemoved(about: About, error: LodeError): LodeError {
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
