import { LodeError } from "../errors.js";
import type { OpLogEntry } from "./entry.js";
import { requestPlace, standardWord } from "./foreign-words.js";
import { RowScanner } from "./row-scanner.js";
import { TimestampParser } from "./timestamp.js";

/** Names of columns that other programs use for the same thing. */
const ALIASES: Readonly<Record<string, string>> = {
  operation: "op",
  t_start: "start",
  t_first_byte: "first_byte",
  t_end: "end",
};

/** Warp's thread numbers end below this; what is larger is a hash, and gets a small number here. */
const THREADS = 65_536;
const ZERO = 0x30;
/** Longest number without loss in a double. */
const MAX_DIGITS = 15;

/** A column of text whose rows mostly say the same: it is decoded when it changes. */
interface Repeated {
  readonly column: number;
  text: string;
}

/**
 * Makes entries of rows by the names in the header: any order, further columns passed over, missing
 * ones filled in. Threads that are 64-bit hashes become small numbers in order of appearance.
 */
export class RowParser {
  readonly #scanner: RowScanner;
  readonly #start = new TimestampParser();
  readonly #other = new TimestampParser();
  readonly #threads = new Map<string, number>();
  readonly #op: Repeated;
  readonly #client: Repeated;
  readonly #endpoint: Repeated;
  readonly #columns: Readonly<Record<string, number>>;
  readonly #fieldCount: number;
  #word = "";
  #standard = "";
  #plain = true;
  #rows = 0;

  /** `header` is the first line of the log. Throws `corrupt-format` if it is none. */
  constructor(header: string) {
    const delimiter = header.includes("\t") ? "\t" : ",";
    this.#scanner = new RowScanner(delimiter);
    const names = header.trimEnd().split(delimiter);
    const columns: Record<string, number> = {};
    names.forEach((name, column) => {
      const plain = name
        .trim()
        .replace(/^"(.*)"$/, "$1")
        .toLowerCase();
      columns[ALIASES[plain] ?? plain] ??= column;
    });
    const missing = ["op", "start"].filter((name) => columns[name] === undefined);
    if (missing.length > 0) {
      throw new LodeError({
        code: "corrupt-format",
        message: `the first line is no header of an operation log: it names no column ${missing.join(" and no ")}`,
      });
    }
    this.#columns = columns;
    for (const name of ["start", "first_byte", "last_byte", "end"]) {
      const column = columns[name];
      if (column !== undefined) this.#scanner.isTime[column] = 1;
    }
    this.#fieldCount = names.length;
    this.#op = repeated(columns.op);
    this.#client = repeated(columns.client_id);
    this.#endpoint = repeated(columns.endpoint);
  }

  /** Rows parsed so far. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Parses the whole rows from `at` on into `into`, at most `most`. Returns where the rest begins.
   * Throws `corrupt-format` naming the row.
   */
  parse(bytes: Buffer, at: number, into: OpLogEntry[], most: number): number {
    const scanner = this.#scanner;
    let from = at;
    try {
      while (into.length < most && scanner.next(bytes, from)) {
        into.push(this.#entry(bytes));
        from = scanner.end;
        this.#rows++;
      }
    } catch (error) {
      if (!(error instanceof LodeError)) throw error;
      throw error.with({ message: `row ${this.#rows + 1}: ${error.message}` });
    }
    return into.length < most ? scanner.end : from;
  }

  #entry(bytes: Buffer): OpLogEntry {
    const scanner = this.#scanner;
    if (scanner.fields !== this.#fieldCount) {
      throw bad(`it has ${scanner.fields} fields, the header ${this.#fieldCount}`);
    }
    const columns = this.#columns;
    const start = this.#start;
    if (!this.#time(bytes, columns.start!, start)) throw bad("its start is no time");
    const { seconds, nanos } = start;
    const endNs = this.#after(bytes, columns.end, "end");
    const word = this.#text(bytes, this.#op);
    if (word !== this.#word) {
      this.#word = word;
      this.#standard = standardWord(word);
      this.#plain = word.toUpperCase() !== "GET_RANGE";
    }
    const endpoint = this.#text(bytes, this.#endpoint);
    const fileColumn = columns.file;
    const file = fileColumn === undefined ? "" : scanner.text(bytes, fileColumn);
    // An endpoint of http needs no taking apart.
    const isUrl = endpoint === "" || endpoint.startsWith("http");
    const place =
      isUrl && this.#plain
        ? { file, store: undefined, offset: undefined }
        : requestPlace(word, endpoint, file);
    const durationNs = this.#number(bytes, columns.duration_ns, "duration_ns") ?? endNs ?? 0;
    const errorColumn = columns.error;
    return {
      index: this.#number(bytes, columns.idx, "idx") ?? this.#rows,
      thread: this.#thread(bytes),
      op: this.#standard,
      clientId: this.#text(bytes, this.#client),
      objects: this.#number(bytes, columns.n_objects, "n_objects") ?? 1,
      bytes: this.#number(bytes, columns.bytes, "bytes") ?? 0,
      endpoint,
      file: place.file,
      error: errorColumn === undefined ? "" : scanner.text(bytes, errorColumn),
      startSeconds: seconds,
      startNanos: nanos,
      firstByteNs: this.#after(bytes, columns.first_byte, "first_byte"),
      lastByteNs: this.#after(bytes, columns.last_byte, "last_byte"),
      durationNs,
      categories: this.#number(bytes, columns.cat, "cat"),
      offset: place.offset,
      store: place.store,
      source: undefined,
    };
  }

  #time(bytes: Buffer, column: number, parser: TimestampParser): boolean {
    return parser.parse(bytes, this.#scanner.from[column]!, this.#scanner.to[column]!);
  }

  /** Nanoseconds from the start to a time; undefined for an empty field. */
  #after(bytes: Buffer, column: number | undefined, name: string): number | undefined {
    if (column === undefined) return undefined;
    if (this.#scanner.from[column] === this.#scanner.to[column]) return undefined;
    const other = this.#other;
    if (!this.#time(bytes, column, other)) throw bad(`its ${name} is no time`);
    const { seconds, nanos } = this.#start;
    return Math.max(0, (other.seconds - seconds) * 1e9 + (other.nanos - nanos));
  }

  /** A whole number; undefined for an empty field. */
  #number(bytes: Buffer, column: number | undefined, name: string): number | undefined {
    if (column === undefined) return undefined;
    const from = this.#scanner.from[column]!;
    const to = this.#scanner.to[column]!;
    if (from === to) return undefined;
    let value = 0;
    for (let at = from; at < to; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) throw bad(`its ${name} is no whole number`);
      value = value * 10 + digit;
    }
    if (to - from > MAX_DIGITS && !Number.isSafeInteger(value))
      throw bad(`its ${name} is too large`);
    return value;
  }

  #thread(bytes: Buffer): number {
    const column = this.#columns.thread;
    if (column === undefined) return 0;
    const from = this.#scanner.from[column]!;
    const to = this.#scanner.to[column]!;
    if (to - from <= 5) {
      const small = this.#number(bytes, column, "thread") ?? 0;
      if (small < THREADS) return small;
    }
    const text = bytes.toString("latin1", from, to);
    let thread = this.#threads.get(text);
    if (thread === undefined) {
      thread = this.#threads.size % THREADS;
      this.#threads.set(text, thread);
    }
    return thread;
  }

  #text(bytes: Buffer, known: Repeated): string {
    const { column } = known;
    if (column < 0) return "";
    const scanner = this.#scanner;
    if (scanner.asLikely[column] === 1) return known.text;
    known.text = scanner.text(bytes, column);
    // What stood in quotes is not compared without them.
    const plain = scanner.wide[column] === 0;
    scanner.likely[column] = plain ? Uint8Array.from(Buffer.from(known.text)) : undefined;
    return known.text;
  }
}

function repeated(column: number | undefined): Repeated {
  return { column: column ?? -1, text: "" };
}

function bad(why: string): LodeError {
  return new LodeError({ code: "corrupt-format", message: why });
}
