import { isLodeError } from "../../errors.js";
import {
  type CopyContext,
  type CopyOutcome,
  compareChecksums,
  sourceChange,
} from "./copy-context.js";
import { readChecksum } from "./read-checksum.js";
import type { TransferItem } from "./transfer-options.js";

/** True if the bytes need not pass through this process. */
export function usesServerCopy(context: CopyContext): boolean {
  if (!context.sameStore || !context.source.capabilities.serverSideCopy) return false;
  return unconditional(context) || context.source.capabilities.copyConditional;
}

function unconditional(context: CopyContext): boolean {
  return context.settings.mode === "overwrite" || context.settings.mode === "skip";
}

/** Copies within the container; pinned to the listed version where there is one. */
export async function copyOnServer(context: CopyContext, item: TransferItem): Promise<CopyOutcome> {
  const { source, settings, run } = context;
  const { mode } = settings;
  const create = source.capabilities.copyConditional ? "create" : "overwrite";
  try {
    const result = await source.copy(item.key, item.targetKey, {
      signal: run.signal,
      mode: mode === "skip" ? create : mode,
      ...(item.known === undefined ? {} : { sourceIfMatch: item.known.etag }),
      ...(settings.contentType === undefined ? {} : { contentType: settings.contentType }),
      ...(settings.metadata === undefined ? {} : { metadata: settings.metadata }),
      ...(settings.storageClass === undefined ? {} : { storageClass: settings.storageClass }),
    });
    const uri = source.uriOf(item.targetKey);
    compareChecksums("the copy", item.known?.crc32c, result.crc32c, uri);
    if (settings.verify === "read-back") await compareBoth(context, item, uri);
    run.moved(result.size);
    return {
      method: "server-copy",
      bytes: result.size,
      etag: result.etag,
      crc32c: result.crc32c,
      resumedBytes: 0,
      sourceEtag: item.known?.etag,
    };
  } catch (error) {
    // Only the listed version was asked for; a condition on the target is the user's own.
    const ofSource = item.known !== undefined && typeof mode !== "object";
    throw ofSource && isLodeError(error, "precondition-failed") ? sourceChange(error) : error;
  }
}

async function compareBoth(context: CopyContext, item: TransferItem, uri: string): Promise<void> {
  const { source, run } = context;
  const from = await readChecksum(source, item.key, run.signal);
  const to = await readChecksum(source, item.targetKey, run.signal);
  compareChecksums("the copy", from, to, uri);
}
