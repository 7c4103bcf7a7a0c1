import { crc32c } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import type {
  ObjectMeta,
  ReadIntoOptions,
  ReadIntoResult,
  WriteMode,
  WriteOptions,
} from "../backend.js";
import type { ObjectStore } from "../object-store.js";
import type { TransferMethod } from "./events.js";
import type { JournalFolder } from "./journal.js";
import type { TransferItem, TransferSettings } from "./transfer-options.js";
import type { TransferRun } from "./transfer-run.js";

/** What copying one object needs to know: the run, both stores and the settings. */
export interface CopyContext {
  readonly run: TransferRun;
  readonly source: ObjectStore;
  readonly target: ObjectStore;
  readonly settings: TransferSettings;
  /** Both stores are one container. */
  readonly sameStore: boolean;
  /** Where interrupted uploads are noted, if anywhere. */
  readonly journals: JournalFolder | undefined;
}

/** What became of one object. */
export interface CopyOutcome {
  readonly method: TransferMethod;
  readonly bytes: number;
  readonly etag: string | undefined;
  readonly crc32c: number | undefined;
  readonly resumedBytes: number;
  /** The source's version that was copied, where known. */
  readonly sourceEtag: string | undefined;
}

/** Reads of a damaged range are tried this often before the object is begun anew. */
export const RANGE_ATTEMPTS = 2;

/** What S3 and Azure report where nobody has set a type: losing it loses nothing. */
const DEFAULT_TYPES: ReadonlySet<string> = new Set([
  "application/octet-stream",
  "binary/octet-stream",
]);

/** How the target is written; what it cannot keep is left out, and told where a user set it. */
export function writeOptions(
  context: CopyContext,
  meta: Pick<ObjectMeta, "contentType" | "metadata">,
  signal: AbortSignal,
): WriteOptions & { readonly mode: WriteMode } {
  const { settings, target } = context;
  const { capabilities } = target;
  let metadata = settings.metadata;
  if (metadata === undefined && meta.metadata !== undefined) {
    if (capabilities.userMetadata) metadata = meta.metadata;
    else if (Object.keys(meta.metadata).length > 0) {
      context.run.warnOnce(
        "metadata-dropped",
        `${target.uri} keeps no metadata: that of the sources is not copied`,
      );
    }
  }
  let { contentType } = settings;
  if (contentType === undefined && meta.contentType !== undefined) {
    if (capabilities.contentType) contentType = meta.contentType;
    else if (!DEFAULT_TYPES.has(meta.contentType)) {
      context.run.warnOnce(
        "content-type-dropped",
        `${target.uri} keeps no content types: those of the sources are not copied`,
      );
    }
  }
  return {
    signal,
    mode: writeMode(context),
    ...(contentType === undefined ? {} : { contentType }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(settings.storageClass === undefined ? {} : { storageClass: settings.storageClass }),
  };
}

/** `skip` as what a store takes: create-only where it can, else the earlier look must do. */
function writeMode(context: CopyContext): WriteMode {
  const { mode } = context.settings;
  if (mode !== "skip") return mode;
  const { putIfAbsent, multipartConditional } = context.target.capabilities;
  return putIfAbsent && multipartConditional ? "create" : "overwrite";
}

/** A range of the source in `target`; a failed condition is told apart from one of the target. */
export async function readSource(
  context: CopyContext,
  item: TransferItem,
  range: { readonly start: number; readonly end: number },
  target: Uint8Array,
  options: ReadIntoOptions & { readonly signal: AbortSignal },
): Promise<ReadIntoResult> {
  try {
    return await context.source.readInto(item.key, range, target, options);
  } catch (error) {
    throw sourceChange(error);
  }
}

/** Marks a failed condition of a source as the source's change. */
export function sourceChange(error: unknown): unknown {
  if (!isLodeError(error, "precondition-failed")) return error;
  return error.with({
    message: `${error.uri ?? "the source"} was replaced while it was read; nothing of it was written`,
    details: { sourceChanged: true },
  });
}

/** Throws `integrity` if both checksums are known and differ. */
export function compareChecksums(
  what: string,
  expected: number | undefined,
  actual: number | undefined,
  uri: string,
): void {
  if (expected === undefined || actual === undefined || expected === actual) return;
  throw new LodeError({
    code: "integrity",
    retry: "safe",
    message: `${what} of ${uri} has CRC32C ${hex(actual)} where ${hex(expected)} was expected: bytes were damaged on the way`,
    operation: "transfer",
    uri,
    details: { expected, actual },
  });
}

/** Reads the target again in ranges and compares it with what was sent. */
export async function readBack(
  context: CopyContext,
  item: TransferItem,
  sent: { readonly size: number; readonly etag: string; readonly crc32c: number },
): Promise<void> {
  const { target, settings, run } = context;
  const uri = target.uriOf(item.targetKey);
  if (sent.size === 0) {
    // Providers refuse any range of an empty object.
    checkSize(uri, 0, (await target.head(item.targetKey, { signal: run.signal })).size);
    return;
  }
  const piece = Math.min(sent.size, settings.partSize);
  const buffer = await settings.pool.acquire(piece, run.signal);
  let crc = 0;
  let intact = false;
  try {
    for (let at = 0; at < sent.size; at += piece) {
      const end = Math.min(at + piece, sent.size);
      const result = await target.readInto(item.targetKey, { start: at, end }, buffer.bytes, {
        signal: run.signal,
        ifMatch: sent.etag,
      });
      checkSize(uri, sent.size, result.meta.size);
      crc = crc32c(buffer.bytes.subarray(0, result.bytesRead), crc);
    }
    intact = true;
  } finally {
    if (intact) buffer.release();
    else buffer.discard();
  }
  compareChecksums("the copy", sent.crc32c, crc, uri);
}

function checkSize(uri: string, expected: number, actual: number): void {
  if (actual === expected) return;
  throw new LodeError({
    code: "integrity",
    retry: "safe",
    message: `${uri} has ${actual} bytes where ${expected} were sent`,
    operation: "transfer",
    uri,
  });
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}
