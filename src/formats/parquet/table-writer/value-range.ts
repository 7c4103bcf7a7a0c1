import { compareKeys } from "../../../core/index.js";
import { LITTLE_ENDIAN } from "../../little-endian.js";
import type { StoredValues } from "./stored-values.js";

type Value = number | bigint | string | Uint8Array;

/** The places of the least and the greatest value. */
export type ValueRange = readonly [least: number, greatest: number];

/** The sign of an unsigned number's high word, turned so that words compare as signed ones. */
const SIGN = 0x80000000 | 0;
const [LOW, HIGH] = LITTLE_ENDIAN ? [0, 1] : [1, 0];

/**
 * Undefined without values, of which NaN is none, and for half floats, whose bits are in no order. Loops of their own
 * for each kind, since engines make those quick.
 */
export function rangeOf(values: StoredValues): ValueRange | undefined {
  if (values.length === 0 || values instanceof Uint16Array) return undefined;
  if (values instanceof Uint8Array)
    return [Math.max(0, values.indexOf(0)), Math.max(0, values.indexOf(1))];
  if (values instanceof BigInt64Array) return wordsRange(values, 0);
  if (values instanceof BigUint64Array) return wordsRange(values, SIGN);
  if (ArrayBuffer.isView(values)) return numberRange(values);
  return anyRange(values);
}

/** In Parquet's order: numbers by value, strings and bytes by unsigned bytes. */
export function isBefore(a: Value | undefined, b: Value | undefined): boolean {
  if (typeof a === "string") return compareKeys(a, b as string) < 0;
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array) < 0;
  return (a as number) < (b as number);
}

function numberRange(values: ArrayLike<number>): ValueRange | undefined {
  const first = firstNumber(values);
  if (first === values.length) return undefined;
  let [least, greatest] = [first, first];
  let min = values[first] as number;
  let max = min;
  for (let i = first; i < values.length; i++) {
    const value = values[i] as number;
    if (value < min) [min, least] = [value, i];
    else if (value > max) [max, greatest] = [value, i];
  }
  return [least, greatest];
}

function firstNumber(values: ArrayLike<number>): number {
  let i = 0;
  while (i < values.length && Number.isNaN(values[i])) i++;
  return i;
}

/** Without making a bigint of each value. */
function wordsRange(
  { buffer, byteOffset, length }: BigInt64Array | BigUint64Array,
  sign: number,
): ValueRange {
  const words = new Int32Array(buffer, byteOffset, 2 * length);
  let [least, greatest] = [0, 0];
  let minHigh = (words[HIGH] as number) ^ sign;
  let minLow = (words[LOW] as number) ^ SIGN;
  let [maxHigh, maxLow] = [minHigh, minLow];
  for (let i = 1; i < length; i++) {
    const high = (words[2 * i + HIGH] as number) ^ sign;
    const low = (words[2 * i + LOW] as number) ^ SIGN;
    if (high < minHigh || (high === minHigh && low < minLow)) {
      [minHigh, minLow, least] = [high, low, i];
    } else if (high > maxHigh || (high === maxHigh && low > maxLow)) {
      [maxHigh, maxLow, greatest] = [high, low, i];
    }
  }
  return [least, greatest];
}

function anyRange(values: readonly Value[]): ValueRange {
  let [least, greatest] = [0, 0];
  for (let i = 1; i < values.length; i++) {
    if (isBefore(values[i], values[least])) least = i;
    else if (isBefore(values[greatest], values[i])) greatest = i;
  }
  return [least, greatest];
}
