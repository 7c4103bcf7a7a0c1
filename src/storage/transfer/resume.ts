import { isLodeError } from "../../errors.js";
import type { MultipartUpload, ObjectMeta, UploadedPart } from "../backend.js";
import { type CopyContext, writeOptions } from "./copy-context.js";
import type { TransferJournal } from "./journal.js";
import { type PartPlan, partRange } from "./part-plan.js";
import type { TransferItem } from "./transfer-options.js";

/** An earlier run's upload of the source's present version. */
export interface Interrupted {
  readonly meta: ObjectMeta;
  readonly plan: PartPlan;
  readonly upload: MultipartUpload;
  readonly journal: TransferJournal;
  /** CRC32C of each part that the target still has, by number. */
  readonly crcs: Map<number, number>;
}

/**
 * What can be gone on with. An upload of another version of the source is aborted and its journal
 * removed; one that the target has forgotten loses its journal.
 */
export async function findInterrupted(
  context: CopyContext,
  item: TransferItem,
): Promise<Interrupted | undefined> {
  const { source, target, settings, run, journals } = context;
  if (journals === undefined || !target.capabilities.resumableMultipart) return undefined;
  const journal = await journals.find(source.uriOf(item.key), target.uriOf(item.targetKey));
  if (journal === undefined) return undefined;
  if (journal.inUse) {
    run.warn("in-use", "another process is at the same transfer; this one begins anew", item.key);
    return undefined;
  }
  // The one HEAD of a transfer: without it, an upload whose parts are all there would be published
  // for a source that has changed.
  const meta = await source.head(item.key, { signal: run.signal });
  const same = meta.etag === journal.header.sourceEtag && meta.size === journal.header.sourceSize;
  const upload = await reopen(context, item, journal, meta);
  if (upload === undefined) return undefined;
  if (!same || !settings.resume) {
    if (!same) run.warn("source-changed", "the source has changed since; begun anew", item.key);
    await upload.abort({ signal: run.signal });
    await journal.remove();
    return undefined;
  }
  const { partSize } = journal.header;
  const plan = { partSize, count: Math.max(1, Math.ceil(meta.size / partSize)) };
  let listed: UploadedPart[];
  try {
    listed = await upload.listParts({ signal: run.signal });
  } catch (error) {
    if (!isLodeError(error, "not-found")) throw error;
    await forget(context, item, journal);
    return undefined;
  }
  const crcs = usableParts(listed, journal, plan, meta.size);
  await journal.open();
  return { meta, plan, upload, journal, crcs };
}

async function reopen(
  context: CopyContext,
  item: TransferItem,
  journal: TransferJournal,
  meta: ObjectMeta,
): Promise<MultipartUpload | undefined> {
  try {
    return await context.target.resumeMultipart(item.targetKey, journal.header.uploadId, {
      ...writeOptions(context, meta, context.run.signal),
      partSize: journal.header.partSize,
    });
  } catch (error) {
    if (!isLodeError(error, "not-found")) throw error;
    await forget(context, item, journal);
    return undefined;
  }
}

async function forget(
  context: CopyContext,
  item: TransferItem,
  journal: TransferJournal,
): Promise<void> {
  context.run.warn("upload-gone", "the target has forgotten the upload; begun anew", item.key);
  await journal.remove();
}

/** Parts of the right size whose checksum the target or the journal knows. */
function usableParts(
  listed: readonly UploadedPart[],
  journal: TransferJournal,
  plan: PartPlan,
  size: number,
): Map<number, number> {
  const crcs = new Map<number, number>();
  for (const part of listed) {
    if (part.number < 1 || part.number > plan.count) continue;
    const range = partRange(plan, size, part.number);
    if (part.size !== range.end - range.start) continue;
    const noted = journal.parts.get(part.number);
    const crc = part.crc32c ?? (noted?.etag === part.etag ? noted.crc32c : undefined);
    if (crc !== undefined) crcs.set(part.number, crc);
  }
  return crcs;
}
