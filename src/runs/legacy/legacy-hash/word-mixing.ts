/*
 * Numbers of 64 bits modulo 2^64 as pairs of 32-bit words, the low one first: bigint would take ten times as long.
 */

/** splitmix64's finaliser over each number, in place. */
export function mixWords(words: Uint32Array): void {
  for (let i = 0; i < words.length; i += 2) mixWord(words, i);
}

/** splitmix64's finaliser over the number at `at`. */
export function mixWord(words: Uint32Array, at: number): void {
  shiftXor(words, at, 30);
  multiply(words, at, 0x1ce4e5b9, 0xbf58476d);
  shiftXor(words, at, 27);
  multiply(words, at, 0x133111eb, 0x94d049bb);
  shiftXor(words, at, 31);
}

const FIRST = 0x345678;
const FIRST_FACTOR = 1_000_003;
const LAST = 97_531;

/**
 * One number a row of the hashes of its `columns`, each with as many rows: Python's tuple hash, as
 * `combine_hash_arrays` of pandas.
 */
export function combineWords(columns: readonly Uint32Array[], rows: number): Uint32Array {
  const out = new Uint32Array(2 * rows);
  for (let i = 0; i < out.length; i += 2) out[i] = FIRST;
  let factor = FIRST_FACTOR;
  for (const [number, column] of columns.entries()) {
    for (let i = 0; i < out.length; i += 2) {
      out[i]! ^= column[i]!;
      out[i + 1]! ^= column[i + 1]!;
      multiply(out, i, factor, 0);
    }
    factor += 82_520 + 2 * (columns.length - number);
  }
  for (let i = 0; i < out.length; i += 2) {
    const low = out[i]! + LAST;
    out[i] = low;
    if (low > 0xffffffff) out[i + 1]!++;
  }
  return out;
}

/** `v ^= v >> bits` for less than 32 bits. */
function shiftXor(words: Uint32Array, at: number, bits: number): void {
  const low = words[at]!;
  const high = words[at + 1]!;
  words[at] = low ^ ((low >>> bits) | (high << (32 - bits)));
  words[at + 1] = high ^ (high >>> bits);
}

function multiply(words: Uint32Array, at: number, factorLow: number, factorHigh: number): void {
  const low = words[at]!;
  const high = words[at + 1]!;
  words[at] = Math.imul(low, factorLow);
  words[at + 1] =
    upperHalf(low, factorLow) + Math.imul(low, factorHigh) + Math.imul(high, factorLow);
}

/** The upper 32 bits of a product of two numbers of 32 bits. */
function upperHalf(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const other = a0 * b1 + (middle & 0xffff);
  return a1 * b1 + (middle >>> 16) + (other >>> 16);
}
