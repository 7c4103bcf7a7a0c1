import { LodeError } from "../../../errors.js";
import {
  type ColumnType,
  type ColumnValues,
  FLOAT16_NAN,
  type TimeUnit,
} from "../../../formats/index.js";
import { objectText } from "./object-text.js";
import type { PandasColumn } from "./pandas-metadata.js";
import { sipHash } from "./sip-hash.js";
import { mixWord, mixWords } from "./word-mixing.js";

/** A column of a frame, or a level of its index. */
export interface HashedColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** What pandas noted of it. */
  readonly pandas: PandasColumn | undefined;
  /** Hashed as categories, as the levels of an index of several are: whatever is missing is the same. */
  readonly categories: boolean;
}

/** What pandas has for a missing text, and for a missing category: 2^64 - 1. */
const MISSING_WORDS = [0xffffffff, 0xffffffff] as const;
/** Python's `hash(pandas.NA)`, which the missing of nullable types have: 2^61 - 1. */
const NA_WORDS = [0xffffffff, 0x1fffffff] as const;
const NAN_64 = 0x7ff80000;
const NAN_32 = 0x7fc00000;
/** NaT is the least number of 64 bits. */
const NAT_HIGH = 0x80000000;
const NULLABLE_NUMBER = /^(?:U?Int|Float)(?:8|16|32|64)$|^boolean$/;
const TIME_TYPE = /^(?:datetime64|timedelta64)\[(s|ms|us|ns)\b/;
const TICKS: Readonly<Record<TimeUnit, bigint>> = {
  s: 1n,
  ms: 1_000n,
  us: 1_000_000n,
  ns: 1_000_000_000n,
};

/**
 * A hash a cell, as `hash_array` of pandas gives it: numbers by their bits, texts by SipHash, splitmix64's finaliser over
 * both. Two words of 32 bits each, the low one first. Throws `unsupported` for what pandas does not hash or what a
 * Parquet file does not tell.
 */
export function cellHashes(column: HashedColumn, values: ColumnValues): Uint32Array {
  const { type, pandas } = column;
  const { length, valid } = values;
  const words = new Uint32Array(2 * length);
  const numpyType = pandas?.numpyType ?? "";
  const texts = textsOf(column, values);
  if (texts !== undefined) {
    for (let i = 0; i < length; i++) {
      const text = texts(i);
      if (text === undefined) words.set(MISSING_WORDS, 2 * i);
      else {
        sipHash(text, words, 2 * i);
        mixWord(words, 2 * i);
      }
    }
    return words;
  }
  fillBits(column, values, words);
  const nullable = NULLABLE_NUMBER.test(numpyType);
  for (let i = 0; i < length; i++) {
    if (valid === undefined || valid[i] === 1) continue;
    words[2 * i] = 0;
    words[2 * i + 1] = 0;
    if (TIME_TYPE.test(numpyType) || isTime(type)) words[2 * i + 1] = NAT_HIGH;
    else if (type.kind !== "float") {
      if (!nullable && !column.categories) throw unsupported(column, "numbers with missing ones");
    } else if (type.bits === 64) words[2 * i + 1] = NAN_64;
    else words[2 * i] = type.bits === 32 ? NAN_32 : FLOAT16_NAN;
  }
  mixWords(words);
  if (nullable || column.categories) {
    const missing = column.categories ? MISSING_WORDS : NA_WORDS;
    for (let i = 0; i < length; i++) if (valid?.[i] === 0) words.set(missing, 2 * i);
  }
  return words;
}

/** The bytes of which each cell's text consists, where pandas hashes text. */
function textsOf(
  column: HashedColumn,
  { data, valid }: ColumnValues,
): ((row: number) => Uint8Array | undefined) | undefined {
  const { type, pandas } = column;
  if (type.kind === "string") {
    const strings = data as readonly string[];
    return (row) => {
      if (valid?.[row] === 0) return undefined;
      const text = strings[row]!;
      // pandas takes texts that are equal up to a NUL for one, if none is missing in the whole column.
      if (text.includes("\0")) throw unsupported(column, "a text with a NUL character");
      return Buffer.from(text, "utf8");
    };
  }
  if (type.kind === "bytes") {
    const bytes = data as readonly Uint8Array[];
    return (row) => (valid?.[row] === 0 ? undefined : bytes[row]);
  }
  const isObject = pandas?.numpyType === "object" && !column.categories;
  if (!isObject && type.kind !== "date" && type.kind !== "decimal" && type.kind !== "time")
    return undefined;
  const textOf = objectText(type, data);
  if (textOf === undefined) throw unsupported(column, "objects of Python that are hashed as text");
  return (row) => (valid?.[row] === 0 ? undefined : Buffer.from(textOf(row), "utf8"));
}

/** The bits of each number, extended by zeros to 64. */
function fillBits(column: HashedColumn, values: ColumnValues, words: Uint32Array): void {
  const { type } = column;
  const { length } = values;
  if (type.kind === "timestamp" || type.kind === "duration") {
    fillTicks(column, type.unit, values.data as BigInt64Array, words);
    return;
  }
  if (type.kind !== "bool" && type.kind !== "int" && type.kind !== "float") {
    throw unsupported(column, `values of kind ${type.kind}`);
  }
  const data = values.data as Uint8Array<ArrayBuffer>;
  const bits = type.kind === "bool" ? 8 : type.bits;
  if (bits === 64) {
    words.set(new Uint32Array(data.buffer, data.byteOffset, 2 * length));
    return;
  }
  const Unsigned = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array }[bits];
  const numbers = new Unsigned(data.buffer, data.byteOffset, length);
  for (let i = 0; i < length; i++) words[2 * i] = numbers[i]!;
}

/** Ticks in the unit that the frame had: Parquet knows no seconds, and pandas writes them as milliseconds. */
function fillTicks(
  column: HashedColumn,
  unit: TimeUnit,
  data: BigInt64Array,
  words: Uint32Array,
): void {
  const noted = TIME_TYPE.exec(column.pandas?.numpyType ?? "")?.[1] as TimeUnit | undefined;
  const from = TICKS[unit];
  const to = TICKS[noted ?? unit];
  const ticks =
    from === to ? data : data.map((tick) => (to > from ? tick * (to / from) : tick / (from / to)));
  words.set(new Uint32Array(ticks.buffer, ticks.byteOffset, 2 * data.length));
}

function isTime(type: ColumnType): boolean {
  return type.kind === "timestamp" || type.kind === "duration";
}

function unsupported(column: HashedColumn, what: string): LodeError {
  return new LodeError({
    code: "unsupported",
    message: `the hash of mltrack cannot be made again: column ${JSON.stringify(column.name.slice(0, 100))} has ${what}`,
  });
}
