import { crc32c } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { ReaderMode, ReadItemOptions } from "../dataset.js";
import { inParallel } from "./in-parallel.js";
import { allocate } from "./own-bytes.js";
import type { ListedObject } from "./select-objects.js";

/** How a whole object is read. */
export interface ObjectReadOptions {
  /**
   * `sequential` is one request for each object; `range` is several, of `partSize` each, at the same time. `auto`,
   * the default, takes ranges for objects of at least two parts.
   */
  readonly readerMode?: ReaderMode | "auto" | undefined;
  /** Bytes of a range; 8 MiB unless given. */
  readonly partSize?: number | undefined;
  /** Ranges of one object that are read at the same time; 4 unless given. */
  readonly maxInflightParts?: number | undefined;
}

export const DEFAULT_PART_SIZE = 8 * 1024 ** 2;
const DEFAULT_INFLIGHT_PARTS = 4;
/** Up to here S3 sends a checksum with one request that is filled into memory as it comes. */
const SMALL_BYTES = 1024 ** 2;

/** Throws `invalid-argument` for options that cannot be followed. */
export function checkReadOptions({ partSize, maxInflightParts }: ObjectReadOptions): void {
  for (const [name, value] of Object.entries({ partSize, maxInflightParts })) {
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue;
    throw new LodeError({
      code: "invalid-argument",
      message: `${name} is ${value}; give a whole number from 1`,
    });
  }
}

/** The options of one read: those of the data set, but for what the reader of the item gives. */
export interface ReadCall extends ObjectReadOptions {
  readonly shareMemory?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export function readCall(own: ObjectReadOptions, given: ReadItemOptions = {}): ReadCall {
  return {
    readerMode: given.readerMode ?? own.readerMode,
    partSize: given.partSize ?? own.partSize,
    maxInflightParts: own.maxInflightParts,
    shareMemory: given.shareMemory,
    signal: given.signal,
  };
}

/**
 * The object's bytes in memory of its own, all of one version; of the present one if it was replaced since
 * it was listed. The checksum is verified where the store tells it. Throws what the store throws.
 */
export async function readObject(
  store: ObjectStore,
  object: ListedObject,
  options: ReadCall,
): Promise<Uint8Array> {
  const { readerMode = "auto", partSize = DEFAULT_PART_SIZE, signal } = options;
  const { key, size } = object;
  const inRanges = readerMode === "range" || (readerMode === "auto" && size >= 2 * partSize);
  if (size === 0) return store.bytes(key, { signal });
  if (!inRanges) return readSequential(store, object, options);
  try {
    return await readRange(store, object, 0, size, options);
  } catch (error) {
    if (!isLodeError(error, "precondition-failed")) throw error;
    const now = await store.head(key, { signal });
    return now.size === 0
      ? store.bytes(key, { signal })
      : readRange(store, now, 0, now.size, options);
  }
}

async function readSequential(
  store: ObjectStore,
  { key, size }: ListedObject,
  { signal }: ReadCall,
): Promise<Uint8Array> {
  if (size <= SMALL_BYTES) {
    const bytes = allocate(size);
    try {
      const { meta } = await store.readInto(key, { start: 0, end: size }, bytes, {
        signal,
        checksum: true,
      });
      if (meta.size === size) return bytes;
    } catch (error) {
      // `bytes` reads damage again.
      if (!isLodeError(error, "integrity", "incomplete-read") || error.retry !== "safe")
        throw error;
    }
  }
  return store.bytes(key, { signal });
}

/**
 * Bytes `start` up to `end` of an object of `size` in ranges that are read at the same time straight into one array,
 * all of the version of `etag`, or of the first reply. Throws `precondition-failed` for another version.
 */
export async function readRange(
  store: ObjectStore,
  { key, size, etag }: ListedObject,
  start: number,
  end: number,
  options: ReadCall,
): Promise<Uint8Array> {
  const { partSize = DEFAULT_PART_SIZE, maxInflightParts = DEFAULT_INFLIGHT_PARTS } = options;
  const bytes = allocate(end - start);
  const isWhole = start === 0 && end === size;
  let pinned = etag;
  let expected: number | undefined;
  async function readPart(index: number, signal: AbortSignal | undefined): Promise<void> {
    const from = start + index * partSize;
    const to = Math.min(from + partSize, end);
    const target = bytes.subarray(from - start, to - start);
    const { meta, bytesRead } = await store.readInto(key, { start: from, end: to }, target, {
      ifMatch: pinned,
      signal,
    });
    if (bytesRead < target.length) throw shorter(store.uriOf(key), end, meta.size);
    if (isWhole && meta.size !== size) throw replaced(store.uriOf(key), size, meta.size);
    pinned ??= meta.etag;
    expected ??= meta.crc32c;
  }
  const parts = Math.ceil((end - start) / partSize);
  const pinsFirst = pinned === undefined || parts === 1;
  if (pinsFirst) await readPart(0, options.signal);
  const left = pinsFirst ? 1 : 0;
  await inParallel(parts - left, maxInflightParts, options.signal, (index, signal) =>
    readPart(index + left, signal),
  );
  // One part that is the whole object has been verified by the store.
  if (isWhole && parts > 1 && expected !== undefined && crc32c(bytes) !== expected) {
    throw damaged(store.uriOf(key));
  }
  return bytes;
}

/** The error for an object that ends before a place where it should have bytes. */
export function shorter(uri: string, end: number, size: number): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `bytes up to ${end} of ${uri} cannot be read: it has ${size}`,
    uri,
    details: { end, size },
  });
}

function replaced(uri: string, listed: number, size: number): LodeError {
  return new LodeError({
    code: "precondition-failed",
    message: `${uri} has ${size} bytes where ${listed} were listed: it was replaced`,
    uri,
  });
}

function damaged(uri: string): LodeError {
  return new LodeError({
    code: "integrity",
    retry: "safe",
    message: `what was read of ${uri} in ranges does not have the checksum that the store recorded; read it again`,
    uri,
  });
}
