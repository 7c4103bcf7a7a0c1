import { isLodeError, LodeError } from "../errors.js";
import type { OpLogEntry } from "./entry.js";
import { entryFromJson } from "./json-row.js";
import { RowParser } from "./row-parser.js";

const LF = 0x0a;
const BRACE = 0x7b;
/** No row is longer; without a bound a file without line ends would be held whole. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const BYTE_ORDER_MARK = "\uFEFF";

/** Makes rows of text as it comes, in chunks cut anywhere: TSV or CSV with a header, or JSON lines. */
export class LogText {
  #rest: Buffer = Buffer.alloc(0);
  #parser: RowParser | undefined;
  #json = false;
  #lines = 0;

  /** The rows that a chunk completes, at most `most` at a time. Throws `corrupt-format`. */
  *push(chunk: Uint8Array, most: number): Generator<OpLogEntry[], void, undefined> {
    const bytes = joined(this.#rest, chunk);
    let at = this.#begin(bytes);
    if (at === undefined) {
      this.#keep(bytes);
      return;
    }
    for (;;) {
      const batch: OpLogEntry[] = [];
      at = this.#parse(bytes, at, batch, most);
      if (batch.length > 0) yield batch;
      if (batch.length < most) break;
    }
    this.#keep(bytes.subarray(at));
  }

  /** The last row, where the text does not end with a line end; undefined if it is cut off. */
  end(): OpLogEntry | undefined {
    if (this.#rest.length === 0) return undefined;
    const batch: OpLogEntry[] = [];
    try {
      for (const rows of this.push(Buffer.from("\n"), 1)) batch.push(...rows);
    } catch (error) {
      if (isLodeError(error, "corrupt-format")) return undefined;
      throw error;
    }
    return batch[0];
  }

  /** Whether a line has begun that has not ended. */
  get midLine(): boolean {
    return this.#rest.length > 0;
  }

  /** Whether a header or a first line of JSON has been seen. */
  get begun(): boolean {
    return this.#json || this.#parser !== undefined;
  }

  /** Reads the header; where rows begin, or undefined while the first line is not whole. */
  #begin(bytes: Buffer): number | undefined {
    if (this.begun) return 0;
    for (let at = 0; at < bytes.length; ) {
      if (bytes[at] === BRACE) {
        this.#json = true;
        return at;
      }
      const lineEnd = bytes.indexOf(LF, at);
      if (lineEnd < 0) return undefined;
      const line = bytes.toString("utf8", at, lineEnd).replace(BYTE_ORDER_MARK, "").trimEnd();
      at = lineEnd + 1;
      if (line === "" || line.startsWith("#")) continue;
      this.#parser = new RowParser(line);
      return at;
    }
    return undefined;
  }

  #parse(bytes: Buffer, at: number, into: OpLogEntry[], most: number): number {
    if (this.#parser !== undefined) return this.#parser.parse(bytes, at, into, most);
    let from = at;
    while (into.length < most) {
      const lineEnd = bytes.indexOf(LF, from);
      if (lineEnd < 0) break;
      const line = bytes.toString("utf8", from, lineEnd).trim();
      from = lineEnd + 1;
      this.#lines++;
      if (line === "" || line.startsWith("#")) continue;
      try {
        into.push(entryFromJson(line, this.#lines - 1));
      } catch (error) {
        if (!isLodeError(error)) throw error;
        throw error.with({ message: `line ${this.#lines}: ${error.message}` });
      }
    }
    return from;
  }

  #keep(rest: Buffer): void {
    if (rest.length > MAX_LINE_BYTES) {
      throw new LodeError({
        code: "corrupt-format",
        message: `a line is longer than ${MAX_LINE_BYTES} bytes: this is no operation log`,
      });
    }
    this.#rest = Buffer.from(rest);
  }
}

function joined(rest: Buffer, chunk: Uint8Array): Buffer {
  if (rest.length > 0) return Buffer.concat([rest, chunk]);
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}
