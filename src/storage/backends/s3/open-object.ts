import {
  type ByteRange,
  type ResolvedRange,
  rangeHeader,
  resolveRange,
} from "../../../core/index.js";
import { isLodeError, LodeError } from "../../../errors.js";
import type { GetOptions, ObjectMeta, ReadIntoOptions } from "../../backend.js";
import { malformedReply } from "./error-map.js";
import type { HttpResponse } from "./http/index.js";
import { metaFromHeaders, quoteEtag, unquoteEtag } from "./object-meta.js";
import type { S3Sender } from "./request.js";
import type { Header } from "./sigv4.js";

/** Asks for the checksum of a whole object. */
export const CHECKSUM_MODE: Header = ["x-amz-checksum-mode", "ENABLED"];
/**
 * S3 tells no checksum with a range. Up to this length a whole object is asked for instead where the
 * checksum is wanted: what a larger one sends in vain costs less than another request.
 */
const WHOLE_BYTES = 1024 * 1024;

/** A reply of GetObject whose body has not been read. */
export interface OpenedObject {
  readonly response: HttpResponse;
  readonly meta: ObjectMeta;
  readonly range: ResolvedRange;
  /** Bytes of the body that stand before the range. */
  readonly skip: number;
}

/** GetObject. Undefined: the server says that the range lies outside (416). */
export async function openObject(
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
    options.onFirstByte?.();
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

export function otherVersion(uri: string, { etag }: ObjectMeta): LodeError {
  return new LodeError({
    code: "precondition-failed",
    message: `get ${uri} failed: its etag is another one; read it again`,
    details: { etag },
  });
}

/** The range out of a body that holds more, or whose length is not announced. */
export async function* cut(
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

export function incomplete(uri: string, expected: number, actual: number): LodeError {
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
