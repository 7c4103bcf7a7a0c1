import { LITTLE_ENDIAN } from "../little-endian.js";

/** Which of the two 32-bit words of a 64-bit number is the lower one. */
export const LOW = LITTLE_ENDIAN ? 0 : 1;
export const HIGH = 1 - LOW;

/** The same memory as pairs of 32-bit words: arithmetic on them is many times faster than bigints'. */
export function int64Words(values: BigInt64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Bytes of a 64-bit varint, 10 for negative numbers. */
export function varint64Size(low: number, high: number): number {
  if (high === 0) {
    return low < 2 ** 7 ? 1 : low < 2 ** 14 ? 2 : low < 2 ** 21 ? 3 : low < 2 ** 28 ? 4 : 5;
  }
  return Math.ceil((64 - Math.clz32(high)) / 7);
}
