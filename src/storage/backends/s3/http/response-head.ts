import { type HeaderFields, parseFields } from "./header-fields.js";
import { MalformedReply } from "./header-section.js";

/** How the end of a body is told: by its length, by chunks, or by closing the connection. */
export type BodyFraming = number | "chunked" | "until-close";

export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderFields;
  /** False if the server said, or its version implies, that it closes after this reply. */
  readonly keepAlive: boolean;
  readonly framing: BodyFraming;
  /** How long the server says that it keeps an idle connection. */
  readonly keepAliveMs: number | undefined;
}

/**
 * A reply's head from its text, as `HeaderSection` found it. The framing follows RFC 9112 section
 * 6.3 and refuses what it calls ambiguous. Throws MalformedReply.
 */
export function parseResponseHead(text: string, method: string): ResponseHead {
  const status = parseStatus(text);
  const headers = parseFields(text, text.indexOf("\r\n") + 2);
  const http11 = text.charCodeAt(7) === 0x31;
  const framing = bodyFraming(method, status, headers, http11);
  const keepAlive = http11 && framing !== "until-close" && !asksToClose(headers);
  return { status, headers, keepAlive, framing, keepAliveMs: keepAliveMs(headers) };
}

function parseStatus(text: string): number {
  const match = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: [^\r]*)?\r\n/.exec(text);
  if (match === null) throw new MalformedReply("its first line is no HTTP/1.1 status line");
  return Number(match[1]);
}

/** `Keep-Alive: timeout=5` (seconds; RFC 2068 section 19.7.1, still what servers send). */
function keepAliveMs(headers: HeaderFields): number | undefined {
  const value = headers.get("keep-alive");
  if (value === undefined) return undefined;
  const seconds = /(?:^|[ ,])timeout=([0-9]{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

function asksToClose(headers: HeaderFields): boolean {
  const value = headers.get("connection");
  if (value === undefined) return false;
  return value
    .toLowerCase()
    .split(",")
    .some((option) => option.trim() === "close");
}

function bodyFraming(
  method: string,
  status: number,
  headers: HeaderFields,
  http11: boolean,
): BodyFraming {
  const announced = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  const length = announced === undefined ? undefined : parseLength(announced);
  if (coding !== undefined) {
    if (length !== undefined) {
      throw new MalformedReply("both Content-Length and Transfer-Encoding");
    }
    if (!http11 || coding.toLowerCase() !== "chunked") {
      throw new MalformedReply("a Transfer-Encoding other than chunked");
    }
  }
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return 0;
  if (coding !== undefined) return "chunked";
  return length ?? "until-close";
}

/** Several equal lengths are one (RFC 9110 section 8.6); anything else is refused. */
function parseLength(announced: string): number {
  const parts = announced.includes(",") ? announced.split(",") : [announced];
  let length: number | undefined;
  for (const part of parts) {
    const digits = part.trim();
    const value = Number(digits);
    if (!/^[0-9]+$/.test(digits) || !Number.isSafeInteger(value)) {
      throw new MalformedReply("a Content-Length that is no length");
    }
    if (length !== undefined && length !== value) {
      throw new MalformedReply("several differing Content-Length");
    }
    length = value;
  }
  return length!;
}
