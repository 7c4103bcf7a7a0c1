import {
  type ByteRange,
  observeIterable,
  type ResolvedRange,
  rangeHeader,
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
import { metaFromHeaders, quoteEtag, unquoteEtag } from "./object-meta.js";
import type { S3Sender } from "./request.js";
import type { Header } from "./sigv4.js";

const CHECKSUM_MODE: Header = ["x-amz-checksum-mode", "ENABLED"];
/**
 * S3 tells no checksum with a range. Up to this length a whole object is asked for instead where the
 * checksum is wanted: what a larger one sends in vain costs less than another request.
 */
const WHOLE_BYTES = 1024 * 1024;

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
  const opened = await open(sender, key, options.range, options, undefined);
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
  const opened = await open(sender, key, range, options, into);
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

interface OpenedObject {
  readonly response: HttpResponse;
  readonly meta: ObjectMeta;
  readonly range: ResolvedRange;
  /** Bytes of the body that stand before the range. */
  readonly skip: number;
}

/** Undefined: the server says that the range lies outside (416). */
async function open(
  sender: S3Sender,
  key: string,
  asked: ByteRange | undefined,
  options: GetOptions & ReadIntoOptions,
  into: Uint8Array | undefined,
): Promise<OpenedObject | undefined> {
  const uri = sender.uriOf(key);
  const headers: Header[] = [CHECKSUM_MODE];
  const whole =
    options.checksum === true && asked?.start === 0 && (asked.end ?? Infinity) <= WHOLE_BYTES;
  if (asked !== undefined && !whole) headers.push(["range", rangeHeader(asked)]);
  if (options.ifMatch !== undefined) headers.push(["if-match", quoteEtag(options.ifMatch)]);
  if (options.ifNoneMatch !== undefined) {
    headers.push(["if-none-match", quoteEtag(options.ifNoneMatch)]);
  }
  let response: HttpResponse;
  try {
    response = await sender.send({
      operation: "get",
      method: "GET",
      key,
      headers,
      into,
      signal: options.signal,
      accept: asked === undefined ? undefined : 416,
    });
  } catch (error) {
    if (isLodeError(error) && error.details.status === 304) {
      throw error.with({
        message: `get ${uri} failed: the object has not changed`,
        details: { notModified: true },
      });
    }
    throw error;
  }
  try {
    // MinIO's answer for the last bytes of an empty object is a 206 of `bytes 0--1/0`.
    if (response.status === 416 || (response.status === 206 && response.body.length === 0)) {
      await response.body.discard();
      return undefined;
    }
    const opened = place(response, key, asked, uri);
    // Some servers do not know If-Match for reads.
    if (options.ifMatch !== undefined && opened.meta.etag !== unquoteEtag(options.ifMatch)) {
      throw otherVersion(uri, opened.meta);
    }
    return opened;
  } catch (error) {
    await response.body.discard();
    throw error;
  }
}

/** Finds out which bytes of the object the body holds. */
function place(
  response: HttpResponse,
  key: string,
  asked: ByteRange | undefined,
  uri: string,
): OpenedObject {
  const { status, headers, body } = response;
  if (status === 206) {
    if (asked === undefined)
      throw malformedReply("get", uri, "a part of an object nobody asked for");
    const told = parseContentRange(headers.get("content-range"));
    if (told === undefined) throw malformedReply("get", uri, "no usable Content-Range in a 206");
    const expected = resolveRange(asked, told.size);
    if (told.start !== expected.start || told.end !== expected.end) {
      throw malformedReply(
        "get",
        uri,
        `bytes ${told.start} to ${told.end} of ${told.size} where ${expected.start} to ${expected.end} were asked`,
      );
    }
    if (body.length !== undefined && body.length !== told.end - told.start) {
      throw malformedReply("get", uri, "Content-Range and Content-Length disagree");
    }
    return { response, meta: metaFromHeaders(key, told.size, headers), range: expected, skip: 0 };
  }
  if (status !== 200) throw malformedReply("get", uri, `status ${status} for a read`);
  // A server that ignores Range sends the whole object.
  const size = body.length;
  if (size === undefined) throw malformedReply("get", uri, "it tells no length");
  const range = resolveRange(asked, size);
  return { response, meta: metaFromHeaders(key, size, headers), range, skip: range.start };
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

function otherVersion(uri: string, { etag }: ObjectMeta): LodeError {
  return new LodeError({
    code: "precondition-failed",
    message: `get ${uri} failed: its etag is another one; read it again`,
    details: { etag },
  });
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

/** The range out of a body that holds more, or whose length is not announced. */
async function* cut(
  { response, range, skip }: OpenedObject,
  uri: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const wanted = range.end - range.start;
  let position = 0;
  if (wanted === 0) {
    await response.body.discard();
    return;
  }
  const end = skip + wanted;
  for await (const chunk of response.body.stream()) {
    // The rest of a whole object is not received; a part must end where it said that it would.
    if (response.status === 206 && position + chunk.length > end) {
      throw malformedReply("get", uri, "its body is longer than its Content-Range");
    }
    const from = Math.max(0, skip - position);
    const to = Math.min(chunk.length, end - position);
    if (to > from) yield chunk.subarray(from, to);
    position += chunk.length;
    if (response.status !== 206 && position >= end) return;
  }
  if (position < end) throw incomplete(uri, wanted, Math.max(0, position - skip));
}

function incomplete(uri: string, expected: number, actual: number): LodeError {
  return new LodeError({
    code: "incomplete-read",
    retry: "safe",
    message: `get ${uri} gave ${actual} bytes where ${expected} were announced`,
    details: { expected, actual },
  });
}

/** `bytes a-b/size` (RFC 9110 §14.4) with an exclusive end. */
export function parseContentRange(
  text: string | undefined,
): { start: number; end: number; size: number } | undefined {
  const match = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/i.exec(text ?? "");
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  const size = Number(match[3]);
  const sane = start < end && end <= size && Number.isSafeInteger(size);
  return sane ? { start, end, size } : undefined;
}

/** A HEAD has no body, so its Content-Length is a header like any other. */
function headLength(response: HttpResponse): number | undefined {
  const text = response.headers.get("content-length");
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}
