import { setMaxListeners } from "node:events";
import { crc32c, crc32cCombine } from "../../core/index.js";
import { type ErrorCode, isLodeError, LodeError, toLodeError } from "../../errors.js";
import type { MultipartUpload, ObjectMeta, UploadedPart } from "../backend.js";
import type { PooledBuffer } from "./buffer-pool.js";
import {
  type CopyContext,
  type CopyOutcome,
  compareChecksums,
  RANGE_ATTEMPTS,
  readBack,
  readSource,
  writeOptions,
} from "./copy-context.js";
import type { TransferJournal } from "./journal.js";
import { type PartPlan, partRange, planParts } from "./part-plan.js";
import { findInterrupted } from "./resume.js";
import type { TransferItem } from "./transfer-options.js";

/** Failures after which what was sent is still good. */
const RESUMABLE: readonly ErrorCode[] = [
  "connection",
  "timeout",
  "rate-limited",
  "incomplete-read",
  "unauthenticated",
  "permission-denied",
];

/** One object's upload in parts while it runs. */
interface PartSession {
  readonly meta: ObjectMeta;
  readonly plan: PartPlan;
  readonly upload: MultipartUpload;
  readonly journal: TransferJournal | undefined;
  /** CRC32C of each part that the target has, by number. */
  readonly crcs: Map<number, number>;
  readonly resumedBytes: number;
}

/** The bytes of the first part, already read. */
interface FirstPart {
  readonly buffer: PooledBuffer;
  readonly bytesRead: number;
}

/**
 * Copies by ranges pinned to one version of the source, some at a time, each sent as a part. The
 * first read's buffer becomes part 1 where it has the plan's size.
 */
export async function copyInParts(
  context: CopyContext,
  item: TransferItem,
  meta: ObjectMeta,
  buffer: PooledBuffer,
  bytesRead: number,
): Promise<CopyOutcome> {
  const { run, target, source, settings } = context;
  let session: PartSession;
  let first: FirstPart | undefined = { buffer, bytesRead };
  try {
    const plan = planParts(meta.size, target.capabilities, settings.partSize);
    if (plan.partSize !== bytesRead) {
      buffer.release();
      first = undefined;
    }
    const upload = await target.startMultipart(item.targetKey, {
      ...writeOptions(context, meta, run.signal),
      partSize: plan.partSize,
    });
    const journal = await beginJournal(context, upload, {
      version: 1,
      source: source.uriOf(item.key),
      target: target.uriOf(item.targetKey),
      sourceEtag: meta.etag,
      sourceSize: meta.size,
      partSize: plan.partSize,
      uploadId: upload.id,
    });
    session = { meta, plan, upload, journal, crcs: new Map(), resumedBytes: 0 };
  } catch (error) {
    first?.buffer.discard();
    throw error;
  }
  return sendAndPublish(context, item, session, first);
}

/** Goes on with what an earlier run has left; undefined if there is nothing that can be used. */
export async function resumeInParts(
  context: CopyContext,
  item: TransferItem,
): Promise<CopyOutcome | undefined> {
  const found = await findInterrupted(context, item);
  if (found === undefined) return undefined;
  let resumedBytes = 0;
  for (const number of found.crcs.keys()) {
    const { start, end } = partRange(found.plan, found.meta.size, number);
    resumedBytes += end - start;
  }
  context.run.progress.resumedBytes += resumedBytes;
  try {
    return await sendAndPublish(context, item, { ...found, resumedBytes }, undefined);
  } catch (error) {
    context.run.progress.resumedBytes -= resumedBytes;
    throw error;
  }
}

async function beginJournal(
  context: CopyContext,
  upload: MultipartUpload,
  header: TransferJournal["header"],
): Promise<TransferJournal | undefined> {
  if (context.journals === undefined || !context.target.capabilities.resumableMultipart) {
    return undefined;
  }
  try {
    // Another process at the same transfer keeps its journal; this one goes without.
    const other = await context.journals.find(header.source, header.target);
    if (other?.inUse) return undefined;
    return await context.journals.begin(header);
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

async function sendAndPublish(
  context: CopyContext,
  item: TransferItem,
  session: PartSession,
  first: FirstPart | undefined,
): Promise<CopyOutcome> {
  const { run, source, target, settings } = context;
  const { meta, upload, journal } = session;
  let sent = 0;
  const recorded = recordedChecksum(context, item, meta);
  try {
    await sendParts(context, item, session, first, (bytes) => {
      sent += bytes;
      run.moved(bytes);
    });
    const crc = combine(session);
    compareChecksums("what was read", await recorded(), crc, source.uriOf(item.key));
    const result = await upload.complete({ signal: run.signal });
    await journal?.remove();
    compareChecksums("what was stored", crc, result.crc32c, target.uriOf(item.targetKey));
    // Nothing of this run has seen the earlier parts' bytes: only the target can vouch for them.
    const unseen = session.resumedBytes > 0 && result.crc32c === undefined;
    if (settings.verify === "read-back" || unseen) {
      await readBack(context, item, { size: meta.size, etag: result.etag, crc32c: crc });
    }
    return {
      method: "multipart",
      bytes: meta.size,
      etag: result.etag,
      crc32c: crc,
      resumedBytes: session.resumedBytes,
      sourceEtag: meta.etag,
    };
  } catch (error) {
    run.progress.bytes -= sent;
    await keepOrAbort(context, item, session, error);
    throw error;
  }
}

/**
 * The checksum that the source keeps of the whole object. Where ranges do not tell it, it is asked for
 * while the parts are on their way; a source deleted or replaced meanwhile has none to tell.
 */
function recordedChecksum(
  context: CopyContext,
  item: TransferItem,
  meta: ObjectMeta,
): () => Promise<number | undefined> {
  if (meta.crc32c !== undefined) return async () => meta.crc32c;
  const asked = context.source.head(item.key, { signal: context.run.signal }).then(
    (head) => ({ crc32c: head.etag === meta.etag ? head.crc32c : undefined }),
    (error: unknown) => ({ error }),
  );
  return async () => {
    const answer = await asked;
    if (!("error" in answer)) return answer.crc32c;
    if (isLodeError(answer.error, "not-found")) return undefined;
    throw answer.error;
  };
}

/** Sends every part that the target has not; throws the first failure after all have ended. */
async function sendParts(
  context: CopyContext,
  item: TransferItem,
  session: PartSession,
  first: FirstPart | undefined,
  moved: (bytes: number) => void,
): Promise<void> {
  const { run, settings } = context;
  const missing = missingParts(session);
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const stop = (): void => controller.abort(run.signal.reason);
  if (run.signal.aborted) stop();
  run.signal.addEventListener("abort", stop, { once: true });
  let failure: { error: unknown } | undefined;
  let next = 0;
  let firstPart = first;

  async function worker(): Promise<void> {
    while (next < missing.length && failure === undefined) {
      const number = missing[next++] as number;
      const held = number === 1 ? firstPart : undefined;
      if (held !== undefined) firstPart = undefined;
      const part = await sendPart(context, item, session, number, held, controller.signal);
      session.crcs.set(number, part.crc32c);
      moved(part.size);
      await session.journal?.addPart(part);
    }
  }

  const workers = Array.from({ length: Math.min(settings.partConcurrency, missing.length) }, () =>
    worker().catch((error: unknown) => {
      failure ??= { error };
      controller.abort(error);
    }),
  );
  await Promise.all(workers);
  run.signal.removeEventListener("abort", stop);
  firstPart?.buffer.discard();
  if (failure !== undefined) throw failure.error;
}

function missingParts(session: PartSession): number[] {
  const missing: number[] = [];
  for (let number = 1; number <= session.plan.count; number++) {
    if (!session.crcs.has(number)) missing.push(number);
  }
  return missing;
}

/** Reads and sends one part; once more if its bytes were damaged on the way. */
async function sendPart(
  context: CopyContext,
  item: TransferItem,
  session: PartSession,
  number: number,
  held: FirstPart | undefined,
  signal: AbortSignal,
): Promise<UploadedPart & { readonly crc32c: number }> {
  const range = partRange(session.plan, session.meta.size, number);
  const length = range.end - range.start;
  const buffer = held?.buffer ?? (await context.settings.pool.acquire(length, signal));
  const bytes = buffer.bytes.subarray(0, length);
  let isRead = held !== undefined;
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        if (!isRead) {
          const pinned = { signal, ifMatch: session.meta.etag };
          await readSource(context, item, range, bytes, pinned);
        }
        // The target computes the checksum of what it was given; a second pass would cost as much as
        // the network.
        const part = await session.upload.putPart(number, bytes, { signal });
        const crc = part.crc32c ?? crc32c(bytes);
        buffer.release();
        return { ...part, crc32c: crc };
      } catch (error) {
        const damaged = isLodeError(error, "integrity", "incomplete-read");
        if (!damaged || attempt === RANGE_ATTEMPTS || signal.aborted) throw error;
        isRead = false;
      }
    }
  } catch (error) {
    buffer.discard();
    throw toLodeError(error, "put", context.target.uriOf(item.targetKey));
  }
}

/** The whole object's checksum from those of its parts. */
function combine(session: PartSession): number {
  const { plan, meta, crcs } = session;
  let whole = 0;
  for (let number = 1; number <= plan.count; number++) {
    const crc = crcs.get(number);
    if (crc === undefined) {
      throw new LodeError({ code: "unexpected", message: `part ${number} was never sent` });
    }
    const { start, end } = partRange(plan, meta.size, number);
    whole = crc32cCombine(whole, crc, end - start);
  }
  return whole;
}

async function keepOrAbort(
  context: CopyContext,
  item: TransferItem,
  session: PartSession,
  error: unknown,
): Promise<void> {
  const { run, settings, target } = context;
  const keep = run.signal.aborted ? settings.keepPartial : isLodeError(error, ...RESUMABLE);
  if (keep && session.journal !== undefined) {
    session.journal.release();
    return;
  }
  try {
    await session.upload.abort();
    await session.journal?.remove();
  } catch (cleanup) {
    session.journal?.release();
    const { message } = toLodeError(cleanup, "abort", target.uriOf(item.targetKey));
    run.warn("upload-left", `an unfinished upload may be left: ${message}`, item.key);
  }
}
