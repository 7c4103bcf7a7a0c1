import { LodeError } from "../../errors.js";
import { LITTLE_ENDIAN } from "../little-endian.js";
import { LONE_SURROGATE } from "../lone-surrogate.js";
import { PHYSICAL, STRING_FORMAT, type ValueFormat } from "./schema-element.js";

/** What is written of each type. */
interface ValuesOf {
  int32: Int32Array;
  int64: BigInt64Array;
  float32: Float32Array;
  float64: Float64Array;
  /** UTF-8. */
  string: readonly string[];
  bytes: readonly Uint8Array[];
}

export type ParquetColumnType = keyof ValuesOf;

/** A column to be written: one value in each row, never null. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: ParquetColumnType;
}

/** The values of one column in one row group. */
export type ParquetValues = ValuesOf[ParquetColumnType];

/** Values whose bytes are made elsewhere: only their lengths, for columns of type `bytes`. */
export type ParquetLengths = readonly { readonly length: number }[];

export const FORMATS: Readonly<Record<ParquetColumnType, ValueFormat>> = {
  int32: { physical: PHYSICAL.int32 },
  int64: { physical: PHYSICAL.int64 },
  float32: { physical: PHYSICAL.float },
  float64: { physical: PHYSICAL.double },
  string: STRING_FORMAT,
  bytes: { physical: PHYSICAL.byteArray },
};

const ARRAYS = {
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** A page's size is a 32-bit number. */
export const MAX_VALUE_BYTES = 2 ** 31 - 1 - 4;

/** Throws `invalid-argument` unless these are columns that a file can have. */
export function checkColumns(columns: readonly ParquetColumn[]): void {
  const names = new Set(columns.map(({ name }) => name));
  if (columns.length === 0) throw invalid("it needs at least one column");
  if (names.size < columns.length) throw invalid("two columns have the same name");
  for (const { name, type } of columns) {
    if (name === "" || LONE_SURROGATE.test(name)) {
      throw invalid(`${JSON.stringify(name)} is no name of a column`);
    }
    if (!Object.hasOwn(FORMATS, type)) {
      const types = Object.keys(FORMATS).join(", ");
      throw invalid(`there is no type ${JSON.stringify(type)}; use one of ${types}`);
    }
  }
}

/** Throws `invalid-argument` for what UTF-8 has no bytes for. */
export function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  for (const text of Object.entries(metadata).flat()) {
    if (LONE_SURROGATE.test(text)) throw invalid("its metadata has half of a surrogate pair");
  }
}

/** What stands in a page: the elements' bytes, or values of any length each. */
export type PlainValues =
  | { readonly itemBytes: number; readonly bytes: Uint8Array }
  | { readonly values: ParquetLengths };

/** The values in the form that is written. Throws `invalid-argument` for values of another type. */
export function plainValues(
  { name, type }: ParquetColumn,
  values: ParquetValues | ParquetLengths,
): PlainValues {
  const wrong = (why: string) => invalid(`the column ${JSON.stringify(name)} of ${type} ${why}`);
  if (type === "string" || type === "bytes") {
    if (!Array.isArray(values)) throw wrong("needs an array of values");
    const lengths = type === "string" ? values.map((value) => utf8(value, wrong)) : values;
    for (const value of lengths as ParquetLengths) {
      const length = typeof value === "string" ? undefined : value?.length;
      if (!(Number.isSafeInteger(length) && (length as number) >= 0)) {
        throw wrong("has a value that is no bytes");
      }
      if ((length as number) > MAX_VALUE_BYTES) {
        throw wrong(`has a value of ${length} bytes; ${MAX_VALUE_BYTES} are the most`);
      }
    }
    return { values: lengths };
  }
  if (!(values instanceof ARRAYS[type])) throw wrong(`needs a ${ARRAYS[type].name}`);
  return { itemBytes: values.BYTES_PER_ELEMENT, bytes: littleEndianBytes(values) };
}

function utf8(value: unknown, wrong: (why: string) => LodeError): Uint8Array {
  if (typeof value !== "string") throw wrong("has a value that is no string");
  if (LONE_SURROGATE.test(value)) throw wrong("has a string with half of a surrogate pair");
  return Buffer.from(value);
}

function littleEndianBytes(values: ValuesOf[keyof typeof ARRAYS]): Uint8Array {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  if (LITTLE_ENDIAN) return bytes;
  const swapped = Buffer.from(bytes);
  return values.BYTES_PER_ELEMENT === 4 ? swapped.swap32() : swapped.swap64();
}

export function invalid(why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the Parquet file cannot be written: ${why}`,
  });
}
