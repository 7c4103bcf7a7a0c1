import { isUtf8 } from "node:buffer";
import { abortable } from "../../core/index.js";
import { LodeError } from "../../errors.js";

/** What a line can hold. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A value and where its line stands. */
export interface JsonlLine {
  readonly value: JsonValue;
  /** In bytes from the file's start. */
  readonly offset: number;
  /** Without what ends the line. */
  readonly byteLength: number;
}

export interface JsonlReadOptions {
  /** The most that a line may have, in bytes; 64 MiB unless given. `corrupt-format` beyond. */
  readonly maxLineBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface JsonlLinesOptions extends JsonlReadOptions {
  /** Where in the file the source begins: 0, or the `offset` of a line. */
  readonly position?: number | undefined;
}

const MAX_LINE_BYTES = 64 * 1024 ** 2;
const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = "\ufeff";

/**
 * The values of a JSON Lines file in order. Lines end in LF or CRLF, the last one may end without; empty ones are passed
 * over, and so is a byte order mark in front. Throws `corrupt-format` with `details.line`, counted from 1, for
 * what is no JSON, no UTF-8 or too long, and for a key `__proto__`, by which a value could reach a prototype.
 */
export async function* readJsonl(
  source: AsyncIterable<Uint8Array>,
  options: JsonlReadOptions = {},
): AsyncGenerator<JsonValue, void, undefined> {
  for await (const { value } of readJsonlLines(source, options)) yield value;
}

/** As {@link readJsonl}, from any line on, each with its place; then errors have `details.offset` in place of the line. */
export async function* readJsonlLines(
  source: AsyncIterable<Uint8Array>,
  { maxLineBytes = MAX_LINE_BYTES, position = 0, signal }: JsonlLinesOptions = {},
): AsyncGenerator<JsonlLine, void, undefined> {
  let line = 1;
  /** Where the line begins. */
  let offset = position;
  const place = (): LinePlace => (position === 0 ? { line, offset } : { offset });
  /** The beginning of a line whose end has not come. */
  let begun: Buffer[] = [];
  let begunBytes = 0;
  const checkLength = (bytes: number) => {
    if (bytes > maxLineBytes) {
      throw corrupt(
        place(),
        `it has more than ${maxLineBytes} bytes; raise maxLineBytes if it should`,
      );
    }
  };
  for await (const bytes of abortable(source, signal, "read JSON lines")) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      let text = chunk.subarray(from, end);
      checkLength(begunBytes + text.length);
      if (begunBytes > 0) {
        text = Buffer.concat([...begun, text]);
        begun = [];
        begunBytes = 0;
      }
      const value = parseLine(text, place());
      if (value !== undefined) yield { value, offset, byteLength: text.length };
      line++;
      offset += text.length + 1;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    checkLength(begunBytes + chunk.length - from);
    begun.push(Buffer.from(chunk.subarray(from)));
    begunBytes += chunk.length - from;
  }
  const value = parseLine(Buffer.concat(begun), place());
  if (value !== undefined) yield { value, offset, byteLength: begunBytes };
}

interface LinePlace {
  /** Counted from 1; not known where reading began inside the file. */
  readonly line?: number;
  readonly offset: number;
}

/** Undefined for an empty line. */
function parseLine(bytes: Buffer, place: LinePlace): JsonValue | undefined {
  if (!isUtf8(bytes)) throw corrupt(place, "it is no valid UTF-8");
  let text = bytes.toString();
  if (place.offset === 0 && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1);
  if (text === "" || text === "\r") return undefined;
  try {
    // A key can be written by escapes too.
    return text.includes("__proto__") || text.includes("\\u005")
      ? JSON.parse(text, refuseProto)
      : JSON.parse(text);
  } catch (error) {
    throw corrupt(place, error instanceof Error ? error.message : String(error), error);
  }
}

function refuseProto(key: string, value: JsonValue): JsonValue {
  if (key === "__proto__") throw new Error("it has a key __proto__");
  return value;
}

function corrupt(place: LinePlace, why: string, cause?: unknown): LodeError {
  const { line, offset } = place;
  return new LodeError({
    code: "corrupt-format",
    // The engine's message may quote the text.
    message: `${line === undefined ? `the line at byte ${offset}` : `line ${line}`} is no JSON that can be read: ${why.slice(0, 200).replace(/\s+/g, " ")}`,
    details: { ...place },
    cause,
  });
}
