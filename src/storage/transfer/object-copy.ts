import { crc32c } from "../../core/index.js";
import { isLodeError, LodeError, toLodeError } from "../../errors.js";
import type { ObjectMeta } from "../backend.js";
import type { PooledBuffer } from "./buffer-pool.js";
import {
  type CopyContext,
  type CopyOutcome,
  compareChecksums,
  readBack,
  readSource,
  writeOptions,
} from "./copy-context.js";
import { planParts } from "./part-plan.js";
import { copyInParts, resumeInParts } from "./ranged-copy.js";
import { copyOnServer, usesServerCopy } from "./server-copy.js";
import { copyAsStream } from "./stream-copy.js";
import type { TransferItem } from "./transfer-options.js";

/** How much of an object of unknown size is asked for first. */
export type FirstRead = "part" | "small";

/** A long list of objects of unknown size is more likely one of small ones. */
const SMALL_FIRST_READ = 1 << 20;

/**
 * Copies one object, once more from its start if its bytes were damaged or it was replaced meanwhile.
 * Throws `integrity`, `precondition-failed` (details.sourceChanged) if that happens again, and
 * whatever the stores throw.
 */
export async function copyObject(
  context: CopyContext,
  item: TransferItem,
  firstRead: FirstRead,
): Promise<CopyOutcome> {
  try {
    return await copyOnce(context, item, firstRead, true);
  } catch (error) {
    if (context.run.signal.aborted || !worthAnotherTry(error)) throw error;
    const first = toLodeError(error, "transfer");
    context.run.warn("restarted", `begun anew: ${first.message}`, item.key);
  }
  try {
    return await copyOnce(context, { key: item.key, targetKey: item.targetKey }, firstRead, false);
  } catch (error) {
    if (!isLodeError(error, "integrity", "incomplete-read")) throw error;
    throw error.with({ retry: "exhausted" });
  }
}

function worthAnotherTry(error: unknown): boolean {
  if (isLodeError(error, "integrity", "incomplete-read")) return true;
  return isLodeError(error, "precondition-failed") && error.details.sourceChanged === true;
}

async function copyOnce(
  context: CopyContext,
  item: TransferItem,
  firstRead: FirstRead,
  isFirstTry: boolean,
): Promise<CopyOutcome> {
  if (usesServerCopy(context)) return copyOnServer(context, item);
  const resumed = await resumeInParts(context, item);
  if (resumed !== undefined) return resumed;
  const { settings, run } = context;
  const { known } = item;
  let length: number;
  if (known === undefined) {
    const part = partSizeFor(context, 0);
    length = firstRead === "part" ? part : Math.min(SMALL_FIRST_READ, part);
  } else if (known.size <= wholeLimit(context)) {
    length = Math.max(1, known.size);
  } else {
    length = partSizeFor(context, known.size);
  }
  const buffer = await settings.pool.acquire(length, run.signal);
  let read: { meta: ObjectMeta; bytesRead: number };
  try {
    read =
      known?.size === 0
        ? await readEmpty(context, item)
        : await readSource(context, item, { start: 0, end: length }, buffer.bytes, {
            signal: run.signal,
            checksum: true,
          });
  } catch (error) {
    buffer.discard();
    throw error;
  }
  if (known === undefined && isFirstTry) run.sized(read.meta.size);
  return continueFrom(context, item, buffer, read.meta, read.bytesRead);
}

/** An object listed as empty, without a range: providers refuse any range of an empty object. */
async function readEmpty(
  context: CopyContext,
  item: TransferItem,
): Promise<{ meta: ObjectMeta; bytesRead: number }> {
  const { signal } = context.run;
  const { meta, body } = await context.source.get(item.key, { signal });
  // One step, so that the body is ended even if the object is empty no more.
  for await (const _ of body) break;
  return { meta, bytesRead: 0 };
}

/** Goes on once the first read has told the size; the buffer's ownership passes to here. */
async function continueFrom(
  context: CopyContext,
  item: TransferItem,
  buffer: PooledBuffer,
  meta: ObjectMeta,
  bytesRead: number,
): Promise<CopyOutcome> {
  if (bytesRead === meta.size) return putWhole(context, item, buffer, meta);
  const { settings, run, target } = context;
  if (meta.size > wholeLimit(context)) {
    if (target.capabilities.multipart) return copyInParts(context, item, meta, buffer, bytesRead);
    buffer.release();
    return copyAsStream(context, item, meta);
  }
  // Never hold one buffer while waiting for another: many that do so would wait for each other.
  const larger = settings.pool.tryAcquire(meta.size);
  if (larger !== undefined) larger.bytes.set(buffer.bytes.subarray(0, bytesRead));
  buffer.release();
  const whole = larger ?? (await settings.pool.acquire(meta.size, run.signal));
  const start = larger === undefined ? 0 : bytesRead;
  try {
    const rest = { start, end: meta.size };
    await readSource(context, item, rest, whole.bytes.subarray(start), {
      signal: run.signal,
      ifMatch: meta.etag,
    });
  } catch (error) {
    whole.discard();
    throw error;
  }
  return putWhole(context, item, whole, meta);
}

/** Stores an object whose bytes are all in the buffer, and gives the buffer back. */
async function putWhole(
  context: CopyContext,
  item: TransferItem,
  buffer: PooledBuffer,
  meta: ObjectMeta,
): Promise<CopyOutcome> {
  const { run, target, settings } = context;
  const bytes =
    buffer.bytes.length === meta.size ? buffer.bytes : buffer.bytes.subarray(0, meta.size);
  let etag: string;
  let crc: number;
  try {
    // The target computes the checksum in any case; where the source has told one, it compares them
    // before anything is seen.
    const result = await target.put(item.targetKey, bytes, {
      ...writeOptions(context, meta, run.signal),
      ...(meta.crc32c === undefined ? {} : { crc32c: meta.crc32c }),
    });
    crc = result.crc32c ?? crc32c(bytes);
    compareChecksums("what was read", meta.crc32c, crc, context.source.uriOf(item.key));
    checkSize(context, item, meta.size, result);
    etag = result.etag;
  } catch (error) {
    buffer.discard();
    throw error;
  }
  buffer.release();
  if (settings.verify === "read-back") {
    await readBack(context, item, { size: meta.size, etag, crc32c: crc });
  }
  run.moved(meta.size);
  return {
    method: "put",
    bytes: meta.size,
    etag,
    crc32c: crc,
    resumedBytes: 0,
    sourceEtag: meta.etag,
  };
}

function checkSize(
  context: CopyContext,
  item: TransferItem,
  size: number,
  result: { readonly size: number },
): void {
  if (result.size === size) return;
  const uri = context.target.uriOf(item.targetKey);
  throw new LodeError({
    code: "integrity",
    retry: "safe",
    message: `${uri} has taken ${result.size} bytes of ${size}`,
    operation: "transfer",
    uri,
  });
}

/** The largest object that is sent in one put out of one buffer. */
function wholeLimit(context: CopyContext): number {
  const { settings, target } = context;
  return Math.min(settings.multipartThreshold, target.capabilities.maxPutBytes);
}

function partSizeFor(context: CopyContext, size: number): number {
  const { capabilities } = context.target;
  if (!capabilities.multipart) return context.settings.partSize;
  return planParts(size, capabilities, context.settings.partSize).partSize;
}
