import { LodeError } from "../errors.js";

const TAB = 0x09;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const HASH = 0x23;

const DOT = 0x2e;
const Z = 0x5a;
/** `2025-07-27T19:30:05.123456789Z`: where its point and its end are. */
const TIME_POINT = 19;
const TIME_BYTES = 30;

/** More fields than any log has; a line with more is none of a log. */
const MAX_FIELDS = 64;

/**
 * Finds the fields of rows in bytes: separated by tabs or commas, in double quotes where they hold
 * what separates, as Go's `encoding/csv` reads them. Lines that are empty or begin with `#` are no
 * rows. The same object serves every row, so that a row costs no memory.
 */
export class RowScanner {
  readonly delimiter: number;
  /** Fields of the row that was found last. */
  fields = 0;
  /** Where each field begins and ends, quotes left out. */
  readonly from = new Int32Array(MAX_FIELDS);
  readonly to = new Int32Array(MAX_FIELDS);
  /** Whether a field holds doubled quotes. */
  readonly escaped = new Uint8Array(MAX_FIELDS);
  /** Whether a field holds bytes beyond ASCII. */
  readonly wide = new Uint8Array(MAX_FIELDS);
  /** Where the row that was found last ends; the next one begins there. */
  end = 0;
  /** Columns that hold times, so that their usual form need not be searched for its end. */
  readonly isTime = new Uint8Array(MAX_FIELDS);
  /** What a column is likely to hold, where its rows mostly say the same. */
  readonly likely: (Uint8Array | undefined)[] = [];
  /** Whether a field holds what was likely. */
  readonly asLikely = new Uint8Array(MAX_FIELDS);

  constructor(delimiter: "\t" | ",") {
    this.delimiter = delimiter === "\t" ? TAB : COMMA;
  }

  /** Finds the row that begins at `at`, behind lines that are none; false if no whole one is there. */
  next(bytes: Uint8Array, at: number): boolean {
    let from = at;
    for (;;) {
      const first = bytes[from];
      if (first === undefined) {
        this.end = from;
        return false;
      }
      if (first === LF) from++;
      else if (first === CR && bytes[from + 1] === LF) from += 2;
      else if (first === HASH) {
        const lineEnd = bytes.indexOf(LF, from);
        this.end = from;
        if (lineEnd < 0) return false;
        from = lineEnd + 1;
      } else break;
    }
    this.end = from;
    return this.#scan(bytes, from);
  }

  #scan(bytes: Uint8Array, start: number): boolean {
    const { delimiter } = this;
    const size = bytes.length;
    let at = start;
    let field = 0;
    for (;;) {
      if (field === MAX_FIELDS) throw notARow(`a line has more than ${MAX_FIELDS} fields`);
      if (bytes[at] === QUOTE) {
        this.asLikely[field] = 0;
        const behind = this.#scanQuoted(bytes, at, field);
        if (behind === undefined) return false;
        at = behind;
      } else {
        const from = at;
        at = this.#skipKnown(bytes, from, field);
        let seen = 0;
        let byte = delimiter;
        if (at === from) {
          while (at < size) {
            byte = bytes[at]!;
            if (byte === delimiter || byte === LF) break;
            seen |= byte;
            at++;
          }
        }
        if (at === size) return false;
        this.from[field] = from;
        this.to[field] = byte === LF && at > from && bytes[at - 1] === CR ? at - 1 : at;
        this.escaped[field] = 0;
        this.wide[field] = seen & 0x80;
      }
      field++;
      if (bytes[at] === LF) {
        this.fields = field;
        this.end = at + 1;
        return true;
      }
      at++;
    }
  }

  /** The delimiter behind a field that is a usual time or the likely text; `from` if it is neither. */
  #skipKnown(bytes: Uint8Array, from: number, field: number): number {
    const { delimiter } = this;
    if (this.isTime[field] === 1) {
      const end = from + TIME_BYTES;
      const usual =
        bytes[end] === delimiter && bytes[end - 1] === Z && bytes[from + TIME_POINT] === DOT;
      return usual ? end : from;
    }
    this.asLikely[field] = 0;
    const likely = this.likely[field];
    if (likely === undefined) return from;
    const { length } = likely;
    if (bytes[from + length] !== delimiter) return from;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== likely[i]) return from;
    this.asLikely[field] = 1;
    return from + length;
  }

  /** The place of the delimiter or line end behind a quoted field; undefined if it does not end here. */
  #scanQuoted(bytes: Uint8Array, open: number, field: number): number | undefined {
    let escaped = 0;
    let at = open + 1;
    for (;;) {
      const quote = bytes.indexOf(QUOTE, at);
      if (quote < 0 || quote + 1 >= bytes.length) return undefined;
      if (bytes[quote + 1] === QUOTE) {
        escaped = 1;
        at = quote + 2;
        continue;
      }
      this.from[field] = open + 1;
      this.to[field] = quote;
      this.escaped[field] = escaped;
      this.wide[field] = 1;
      const behind = bytes[quote + 1] === CR ? quote + 2 : quote + 1;
      if (behind >= bytes.length) return undefined;
      if (bytes[behind] === this.delimiter || bytes[behind] === LF) return behind;
      throw notARow("a closing quote is followed by text");
    }
  }

  /** The text of a field. */
  text(bytes: Buffer, field: number): string {
    const from = this.from[field]!;
    const to = this.to[field]!;
    if (from === to) return "";
    const text =
      this.wide[field] === 0
        ? bytes.toString("latin1", from, to)
        : bytes.toString("utf8", from, to);
    return this.escaped[field] === 0 ? text : text.replaceAll('""', '"');
  }
}

function notARow(why: string): LodeError {
  return new LodeError({ code: "corrupt-format", message: why });
}
