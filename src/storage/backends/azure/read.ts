import type { Readable } from "node:stream";
import type { BlobDownloadResponseParsed } from "@azure/storage-blob";
import {
  type ByteRange,
  type ResolvedRange,
  resolveRange,
  validateRange,
} from "../../../core/index.js";
import { isLodeError, LodeError } from "../../../errors.js";
import type {
  CallOptions,
  GetOptions,
  GetResult,
  ObjectMeta,
  ReadIntoOptions,
  ReadIntoResult,
} from "../../backend.js";
import type { CallGuard } from "./call-guard.js";
import type { AzureConnection } from "./connection.js";
import { objectMeta, readConditions } from "./object-meta.js";
import { type BodyChecksum, VerifiedBody } from "./verified-body.js";

/** How often a read that takes two requests begins anew when the object changes between them. */
const ATTEMPTS = 3;

export async function headBlob(
  azure: AzureConnection,
  key: string,
  options: GetOptions = {},
): Promise<ObjectMeta> {
  const blob = azure.blob(key);
  const facts = await azure.call("head", key, options, (abortSignal) =>
    blob.getProperties({ abortSignal, conditions: readConditions(options) }),
  );
  return objectMeta(key, facts.contentLength, facts);
}

/**
 * Azure has no ranges from the end and refuses any range of an empty blob; both cost a request for
 * the size, and the read is pinned to the version that it told of.
 */
export async function getBlob(
  azure: AzureConnection,
  key: string,
  options: GetOptions = {},
): Promise<GetResult> {
  const { range } = options;
  if (range !== undefined) validateRange(range);
  for (let attempt = 1; ; attempt++) {
    try {
      if (range?.suffix !== undefined) return await getSuffix(azure, key, range, options);
      return await getFrom(azure, key, range, options);
    } catch (error) {
      const emptied = isLodeError(error, "invalid-argument") && error.details.status === 416;
      if (emptied && range?.start === 0) {
        const meta = await headBlob(azure, key, options);
        if (meta.size === 0) return emptyResult(meta);
      } else if (!(isLodeError(error, "precondition-failed") && error.details.pinned === true)) {
        throw error;
      }
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function getSuffix(
  azure: AzureConnection,
  key: string,
  range: ByteRange,
  options: GetOptions,
): Promise<GetResult> {
  const meta = await headBlob(azure, key, options);
  if (meta.size === 0) return emptyResult(meta);
  try {
    return await getFrom(azure, key, resolveRange(range, meta.size), {
      ...options,
      ifMatch: meta.etag,
    });
  } catch (error) {
    const ours = options.ifMatch === undefined && isLodeError(error, "precondition-failed");
    throw ours ? error.with({ retry: "safe", details: { pinned: true } }) : error;
  }
}

async function getFrom(
  azure: AzureConnection,
  key: string,
  range: { readonly start?: number | undefined; readonly end?: number | undefined } | undefined,
  options: GetOptions,
): Promise<GetResult> {
  const start = range?.start ?? 0;
  const count = range?.end === undefined ? undefined : range.end - start;
  const blob = azure.blob(key);
  const guard = azure.guard("get", key, options);
  try {
    const answer = await guard.wait(() =>
      blob.download(start, count, {
        abortSignal: guard.signal,
        conditions: readConditions(options),
        maxRetryRequests: 0,
      }),
    );
    options.onFirstByte?.();
    return answerResult(azure, key, { start, end: range?.end }, answer, guard);
  } catch (error) {
    guard.end();
    throw error;
  }
}

/** Checks what the headers say of each other before a byte is handed out. */
function answerResult(
  azure: AzureConnection,
  key: string,
  asked: { readonly start: number; readonly end: number | undefined },
  answer: BlobDownloadResponseParsed,
  guard: CallGuard,
): GetResult {
  const stream = answer.readableStreamBody as Readable | undefined;
  const whole = asked.start === 0 && asked.end === undefined;
  const told = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.contentRange ?? "");
  const length = answer.contentLength;
  const size = told === null ? length : Number(told[3]);
  const range: ResolvedRange =
    told === null
      ? { start: 0, end: length ?? 0 }
      : { start: Number(told[1]), end: Number(told[2]) + 1 };
  const expectedEnd = Math.min(asked.end ?? Number.MAX_SAFE_INTEGER, size ?? 0);
  if (size !== undefined && asked.start > 0 && asked.start >= size) {
    // The emulator answers such a range with nothing instead of 416.
    stream?.on("error", () => {}).destroy();
    resolveRange({ start: asked.start, end: asked.end }, size);
  }
  if (
    stream === undefined ||
    (told === null && !whole) ||
    range.start !== asked.start ||
    range.end !== expectedEnd ||
    range.end - range.start !== length
  ) {
    stream?.on("error", () => {}).destroy();
    throw new LodeError({
      code: "incomplete-read",
      retry: "safe",
      message: `get ${azure.uriOf(key)} failed: the answer's range and length are not those asked for`,
      operation: "get",
      uri: azure.uriOf(key),
    });
  }
  const meta = objectMeta(key, size, answer);
  const complete = range.start === 0 && range.end === meta.size;
  const checksum: BodyChecksum = complete
    ? { crc32c: meta.crc32c, md5: answer.blobContentMD5 ?? answer.contentMD5 }
    : {};
  const body = new VerifiedBody(stream, length, guard, azure.uriOf(key), checksum);
  return { meta, range, body };
}

function emptyResult(meta: ObjectMeta): GetResult {
  return { meta, range: { start: 0, end: 0 }, body: nothing() };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

export async function readBlobInto(
  azure: AzureConnection,
  key: string,
  range: ResolvedRange,
  target: Uint8Array,
  options: ReadIntoOptions & CallOptions = {},
): Promise<ReadIntoResult> {
  if (range.end - range.start > target.length) {
    throw new LodeError({
      code: "invalid-argument",
      message: `get ${azure.uriOf(key)} failed: the range is longer than the target's ${target.length} bytes`,
    });
  }
  const result = await getBlob(azure, key, { ...options, range });
  let at = 0;
  for await (const chunk of result.body) {
    target.set(chunk, at);
    at += chunk.length;
  }
  return { meta: result.meta, range: result.range, bytesRead: at };
}
