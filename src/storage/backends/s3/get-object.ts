import {
  observeIterable,
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
import { malformedReply } from "./error-map.js";
import type { HttpResponse } from "./http/index.js";
import { metaFromHeaders, unquoteEtag } from "./object-meta.js";
import { CHECKSUM_MODE, cut, incomplete, openObject, otherVersion } from "./open-object.js";
import type { S3Sender } from "./request.js";

/** HeadObject. */
export async function headObject(
  sender: S3Sender,
  key: string,
  options: CallOptions = {},
  operation = "head",
): Promise<ObjectMeta> {
  const response = await sender.send({
    operation,
    method: "HEAD",
    key,
    headers: [CHECKSUM_MODE],
    signal: options.signal,
  });
  await response.body.discard();
  const size = headLength(response);
  if (size === undefined) throw malformedReply(operation, sender.uriOf(key), "it tells no length");
  return metaFromHeaders(key, size, response.headers);
}

/** GetObject; nothing is asked before it, since its reply tells size and etag. */
export async function getObject(
  sender: S3Sender,
  key: string,
  options: GetOptions = {},
): Promise<GetResult> {
  if (options.range !== undefined) validateRange(options.range);
  const opened = await openObject(sender, key, options.range, options, undefined);
  if (opened === undefined) return emptyResult(sender, key, options);
  const { response, meta, range, skip } = opened;
  const wanted = range.end - range.start;
  const whole = skip === 0 && response.body.length === wanted;
  if (whole) return { meta, range, body: response.body.stream() };
  // A generator that has not begun runs nothing when it is ended: the connection would stay taken.
  const body = observeIterable(cut(opened, sender.uriOf(key)), {
    onEnd: () => void response.body.discard(),
  });
  return { meta, range, body };
}

/** GetObject received straight into the caller's memory. */
export async function readObjectInto(
  sender: S3Sender,
  key: string,
  range: ResolvedRange,
  target: Uint8Array,
  options: ReadIntoOptions = {},
): Promise<ReadIntoResult> {
  validateRange(range);
  const asked = range.end - range.start;
  if (asked > target.length) {
    throw new LodeError({
      code: "invalid-argument",
      message: `a range of ${asked} bytes does not fit into ${target.length}`,
    });
  }
  const { status, ...read } = await readRange(sender, key, range, target, options);
  // A whole object comes with its checksum, if it has one; a part of one cannot be compared with it.
  const isWhole = read.range.start === 0 && read.range.end === read.meta.size;
  const isTold = status !== 206 || read.meta.crc32c !== undefined;
  if (options.checksum !== true || !isWhole || isTold) return read;
  return { ...read, meta: await withChecksum(sender, read.meta, options) };
}

async function readRange(
  sender: S3Sender,
  key: string,
  range: ResolvedRange,
  target: Uint8Array,
  options: ReadIntoOptions,
): Promise<ReadIntoResult & { readonly status: number }> {
  const into = target.subarray(0, range.end - range.start);
  const opened = await openObject(sender, key, range, options, into);
  if (opened === undefined) {
    const { meta, range: none } = await emptyResult(sender, key, { ...options, range });
    return { status: 416, meta, range: none, bytesRead: 0 };
  }
  const { status } = opened.response;
  const { response, meta, range: got, skip } = opened;
  const wanted = got.end - got.start;
  if (skip === 0 && response.body.length === wanted) {
    try {
      const bytesRead = await response.body.readInto();
      if (bytesRead !== wanted) throw incomplete(sender.uriOf(key), wanted, bytesRead);
      return { status, meta, range: got, bytesRead };
    } catch (error) {
      throw partlyRead(error, response.body.received, meta);
    }
  }
  let bytesRead = 0;
  try {
    for await (const chunk of cut(opened, sender.uriOf(key))) {
      target.set(chunk, bytesRead);
      bytesRead += chunk.length;
    }
  } catch (error) {
    throw partlyRead(error, bytesRead, meta);
  }
  return { status, meta, range: got, bytesRead };
}

/** The facts with the checksum that only a HEAD tells, as long as it is of the same version. */
async function withChecksum(
  sender: S3Sender,
  meta: ObjectMeta,
  options: CallOptions,
): Promise<ObjectMeta> {
  try {
    const head = await headObject(sender, meta.key, options, "get");
    const same = head.etag === meta.etag && head.crc32c !== undefined;
    return same ? { ...meta, crc32c: head.crc32c } : meta;
  } catch (error) {
    // Deleted since: what was read is no less valid.
    if (isLodeError(error, "not-found")) return meta;
    throw error;
  }
}

/** Tells how much of the range the caller's memory holds, so that the rest alone is asked again. */
function partlyRead(error: unknown, received: number, { etag }: ObjectMeta): unknown {
  if (!isLodeError(error) || error.retry !== "safe") return error;
  return error.with({ details: { received, etag } });
}

/** The result for a range outside the object, which is empty where the object is. */
async function emptyResult(
  sender: S3Sender,
  key: string,
  options: GetOptions & ReadIntoOptions,
): Promise<GetResult> {
  const meta = await headObject(sender, key, options, "get");
  if (options.ifMatch !== undefined && meta.etag !== unquoteEtag(options.ifMatch)) {
    throw otherVersion(sender.uriOf(key), meta);
  }
  const range = resolveRange(options.range, meta.size);
  if (range.end !== range.start) {
    throw malformedReply("get", sender.uriOf(key), "416 for a range within the object");
  }
  return { meta, range, body: nothing() };
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

/** A HEAD has no body, so its Content-Length is a header like any other. */
function headLength(response: HttpResponse): number | undefined {
  const text = response.headers.get("content-length");
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}
