import { endianness } from "node:os";
import type { TimeUnit } from "../../formats/index.js";

/** Each factor is small enough that a half of a word times it is exact as a number. */
const FACTORS: Readonly<Record<TimeUnit, readonly number[]>> = {
  s: [1_000_000, 1000],
  ms: [1_000_000],
  us: [1000],
  ns: [],
};
const WORD = 2 ** 32;
const LOW = endianness() === "BE" ? 1 : 0;

export interface Nanoseconds {
  /** The lowest 64 bits of each. */
  readonly low: BigInt64Array;
  /** Those that have more: their row and the bits above the lowest 64, signed. */
  readonly wide: readonly { readonly row: number; readonly high: bigint }[];
}

/** Ticks of any unit in nanoseconds. By halves of words: a bigint for each takes ten times as long. */
export function toNanoseconds(ticks: BigInt64Array, unit: TimeUnit): Nanoseconds {
  const factors = FACTORS[unit];
  if (factors.length === 0) return { low: ticks, wide: [] };
  const low = ticks.slice();
  const beyond = new Set<number>();
  for (const factor of factors) multiply(new Int32Array(low.buffer), factor, beyond);
  const wide = [...beyond]
    .sort((a, b) => a - b)
    .map((row) => {
      const whole = factors.reduce((value, factor) => value * BigInt(factor), ticks[row] as bigint);
      low[row] = BigInt.asIntN(64, whole);
      return { row, high: whole >> 64n };
    });
  return { low, wide };
}

/** In place; the rows whose product has more than 64 bits go into `beyond`. */
function multiply(halves: Int32Array, factor: number, beyond: Set<number>): void {
  for (let at = 0; at < halves.length; at += 2) {
    const product = ((halves[at + LOW] as number) >>> 0) * factor;
    const lower = product >>> 0;
    const higher = (halves[at + 1 - LOW] as number) * factor + (product - lower) / WORD;
    if (higher !== (higher | 0)) beyond.add(at / 2);
    halves[at + LOW] = lower;
    halves[at + 1 - LOW] = higher;
  }
}
