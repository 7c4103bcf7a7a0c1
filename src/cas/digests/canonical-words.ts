import { endianness } from "node:os";
import { FLOAT16_NAN } from "../../formats/index.js";
import type { WordArray } from "./buffered-hash.js";

/** Where the upper half of a 64-bit word stands among 32-bit ones. */
const UPPER = endianness() === "BE" ? 0 : 1;

/** The rows that have no value, as 64-bit numbers counted from `firstRow`. */
export function nullRows(valid: Uint8Array, length: number, firstRow: number): BigUint64Array {
  let count = 0;
  for (let row = 0; row < length; row++) if (valid[row] === 0) count++;
  const rows = new BigUint64Array(count);
  const halves = new Uint32Array(rows.buffer);
  for (let row = 0, at = 0; at < 2 * count; row++) {
    if (valid[row] !== 0) continue;
    const number = firstRow + row;
    halves[at + 1 - UPPER] = number;
    halves[at + UPPER] = number / 2 ** 32;
    at += 2;
  }
  return rows;
}

/** The first `length` values with zeros in place of nulls; copied only where that changes something. */
export function withoutNulls<T extends WordArray>(
  values: T,
  length: number,
  valid: Uint8Array | undefined,
): T {
  const first = valid?.indexOf(0) ?? -1;
  if (valid === undefined || first < 0 || first >= length) return values.subarray(0, length) as T;
  const copy = values.slice(0, length) as T;
  // A loop for each width of words: one over all kinds of arrays takes ten times as long.
  const { buffer, BYTES_PER_ELEMENT: width } = copy;
  if (width === 1) zeroNulls(new Int8Array(buffer), valid, first);
  else if (width === 2) zeroNulls2(new Int16Array(buffer), valid, first);
  else if (width === 4) zeroNulls4(new Int32Array(buffer), valid, first);
  else zeroNulls8(new Int32Array(buffer), valid, first);
  return copy;
}

function zeroNulls(words: Int8Array, valid: Uint8Array, first: number): void {
  for (let row = first; row < words.length; row++) if (valid[row] === 0) words[row] = 0;
}

function zeroNulls2(words: Int16Array, valid: Uint8Array, first: number): void {
  for (let row = first; row < words.length; row++) if (valid[row] === 0) words[row] = 0;
}

function zeroNulls4(words: Int32Array, valid: Uint8Array, first: number): void {
  for (let row = first; row < words.length; row++) if (valid[row] === 0) words[row] = 0;
}

function zeroNulls8(halves: Int32Array, valid: Uint8Array, first: number): void {
  for (let row = first; 2 * row < halves.length; row++) {
    if (valid[row] !== 0) continue;
    halves[2 * row] = 0;
    halves[2 * row + 1] = 0;
  }
}

/** Every NaN as the quiet one without payload; -0 stays. Half floats by their bits. */
export function canonicalFloats(values: Uint16Array | Float32Array | Float64Array): WordArray {
  if (values instanceof Uint16Array)
    return values.map((bits) => (isNan2(bits) ? FLOAT16_NAN : bits));
  return values instanceof Float64Array ? canonical8(values) : canonical4(values);
}

function isNan2(bits: number): boolean {
  return (bits & 0x7fff) > 0x7c00;
}

function canonical8(values: Float64Array): Float64Array {
  let row = firstNan8(values);
  if (row < 0) return values;
  const copy = values.slice();
  const halves = new Int32Array(copy.buffer);
  for (; row < values.length; row++) {
    if (!Number.isNaN(values[row])) continue;
    halves[2 * row + 1 - UPPER] = 0;
    halves[2 * row + UPPER] = 0x7ff80000;
  }
  return copy;
}

function canonical4(values: Float32Array): Float32Array {
  let row = firstNan4(values);
  if (row < 0) return values;
  const copy = values.slice();
  const words = new Int32Array(copy.buffer);
  for (; row < values.length; row++) if (Number.isNaN(values[row])) words[row] = 0x7fc00000;
  return copy;
}

function firstNan8(values: Float64Array): number {
  for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row])) return row;
  return -1;
}

function firstNan4(values: Float32Array): number {
  for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row])) return row;
  return -1;
}

/** Unscaled decimals as 128 bits in two's complement, the lower half first; zeros for nulls. */
export function decimalWords(
  values: readonly bigint[],
  length: number,
  valid: Uint8Array | undefined,
): BigInt64Array {
  const words = new BigInt64Array(2 * length);
  for (let row = 0; row < length; row++) {
    if (valid?.[row] === 0) continue;
    const value = values[row] as bigint;
    words[2 * row] = BigInt.asIntN(64, value);
    words[2 * row + 1] = value >> 64n;
  }
  return words;
}
