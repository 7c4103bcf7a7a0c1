import { LONE_SURROGATE } from "../../lone-surrogate.js";
import { type ColumnData, typeText } from "../../table/index.js";
import { invalid, MAX_VALUE_BYTES } from "../column.js";
import type { Leaf } from "./field-tree.js";
import { storedUnit } from "./leaf-format.js";
import type { LeafPlaces, Picks } from "./shred.js";

/** The values of a leaf column as Parquet has them: by their physical type, without those that are null. */
export type StoredValues =
  /** 0 and 1. */
  | Uint8Array
  /** Bits of half floats. */
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | readonly string[]
  | readonly Uint8Array[]
  /** Of a decimal of fixed length. */
  | readonly bigint[];

/** Throws `invalid-argument` for values that the column's type does not have. */
export function storedValues({ leaf, values: { data }, picks }: LeafPlaces): StoredValues {
  const { type } = leaf;
  switch (type.kind) {
    case "bool":
      return picked(data as Uint8Array, picks).map((value) => (value === 0 ? 0 : 1));
    case "int": {
      const values = picked(data as Int32Array, picks);
      if (type.bits >= 32) return values;
      return Int32Array.from(values);
    }
    case "time":
    case "timestamp":
    case "duration": {
      const ticks = picked(data as BigInt64Array, picks);
      const scaled =
        type.unit === "s" && type.kind !== "duration" ? inMilliseconds(ticks, leaf) : ticks;
      const short = type.kind === "time" && storedUnit(type.unit) === "ms";
      return short ? asInt32(scaled, leaf) : scaled;
    }
    case "decimal":
      return decimals(pickedFrom(data as readonly bigint[], picks), type.precision, leaf);
    case "string":
      return strings(pickedFrom(data as readonly string[], picks), leaf);
    case "bytes":
      return byteArrays(pickedFrom(data as readonly Uint8Array[], picks), leaf);
    default:
      return picked(data as Float64Array, picks);
  }
}

type TypedArray = Exclude<
  ColumnData,
  readonly unknown[] | { offsets: unknown } | { fields: unknown }
>;

function picked<T extends TypedArray>(data: T, picks: Picks): T {
  if (!(picks instanceof Int32Array)) return data.subarray(picks.from, picks.to) as T;
  const target = new (data.constructor as new (length: number) => T)(picks.length);
  for (let i = 0; i < picks.length; i++) target[i] = data[picks[i] as number] as never;
  return target;
}

function pickedFrom<T>(data: readonly T[], picks: Picks): readonly T[] {
  if (!(picks instanceof Int32Array)) return data.slice(picks.from, picks.to);
  const target = new Array<T>(picks.length);
  for (let i = 0; i < picks.length; i++) target[i] = data[picks[i] as number] as T;
  return target;
}

function inMilliseconds(seconds: BigInt64Array, leaf: Leaf): BigInt64Array {
  return seconds.map((value) => {
    const milliseconds = value * 1000n;
    if (BigInt.asIntN(64, milliseconds) === milliseconds) return milliseconds;
    throw wrongValue(leaf, `the time ${value}, which is too far away for milliseconds`);
  });
}

function asInt32(ticks: BigInt64Array, leaf: Leaf): Int32Array {
  return Int32Array.from(ticks, (value) => {
    if (BigInt.asIntN(32, value) === value) return Number(value);
    throw wrongValue(leaf, `the time ${value}, which no day has`);
  });
}

function decimals(values: readonly bigint[], precision: number, leaf: Leaf): StoredValues {
  const limit = 10n ** BigInt(precision);
  for (const value of values) {
    if (typeof value === "bigint" && -limit < value && value < limit) continue;
    throw wrongValue(leaf, `${String(value)}, which is no unscaled number of ${precision} digits`);
  }
  if (precision <= 9) return Int32Array.from(values, Number);
  return precision <= 18 ? BigInt64Array.from(values) : values;
}

function strings(values: readonly string[], leaf: Leaf): readonly string[] {
  for (const value of values) {
    if (typeof value !== "string") throw wrongValue(leaf, "a value that is no string");
    if (LONE_SURROGATE.test(value))
      throw wrongValue(leaf, "a string with half of a surrogate pair");
  }
  return values;
}

function byteArrays(values: readonly Uint8Array[], leaf: Leaf): readonly Uint8Array[] {
  for (const value of values) {
    if (!(value instanceof Uint8Array)) throw wrongValue(leaf, "a value that is no bytes");
    if (value.length > MAX_VALUE_BYTES) throw wrongValue(leaf, `a value of ${value.length} bytes`);
  }
  return values;
}

function wrongValue({ path, type }: Leaf, what: string) {
  return invalid(`the column ${JSON.stringify(path.join("."))} of ${typeText(type)} has ${what}`);
}
