import { reply } from "../../faults/scripted-answer.js";
import type { RecordedRequest } from "../../faults/scripted-http-server.js";

export interface ScriptedObject {
  readonly bytes: Buffer;
  readonly etag?: string | undefined;
  /** Set to have the server tell a checksum of the whole. */
  readonly crc32cBase64?: string | undefined;
}

/** The reply of a sane server to a GET or HEAD of an object, ranges and If-Match included. */
export function objectReply(request: RecordedRequest, object: ScriptedObject): Buffer {
  const { head, body } = objectParts(request, object);
  return Buffer.concat([head, body]);
}

/** The same in two pieces, so that a test can break it in between. */
export function objectParts(
  request: RecordedRequest,
  { bytes, etag = "etag-1", crc32cBase64 }: ScriptedObject,
): { head: Buffer; body: Buffer } {
  const headers: Record<string, string | number> = {
    etag: `"${etag}"`,
    "last-modified": "Wed, 01 Jan 2025 00:00:00 GMT",
    ...(crc32cBase64 === undefined
      ? {}
      : { "x-amz-checksum-crc32c": crc32cBase64, "x-amz-checksum-type": "FULL_OBJECT" }),
  };
  const ifMatch = request.headers.get("if-match");
  if (ifMatch !== undefined && ifMatch !== `"${etag}"`) {
    const code = "<Error><Code>PreconditionFailed</Code></Error>";
    return { head: reply(412, { "content-length": code.length }), body: Buffer.from(code) };
  }
  if (request.method === "HEAD") {
    return {
      head: reply(200, { ...headers, "content-length": bytes.length }),
      body: Buffer.alloc(0),
    };
  }
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
  if (match === null) {
    return { head: reply(200, { ...headers, "content-length": bytes.length }), body: bytes };
  }
  const start = Number(match[1]);
  if (start >= bytes.length) return { head: reply(416, headers), body: Buffer.alloc(0) };
  const end = match[2] === "" ? bytes.length : Math.min(bytes.length, Number(match[2]) + 1);
  const head = reply(206, {
    ...headers,
    "content-range": `bytes ${start}-${end - 1}/${bytes.length}`,
    "content-length": end - start,
  });
  return { head, body: bytes.subarray(start, end) };
}
