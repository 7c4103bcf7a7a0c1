/** The powers of two that a double's whole numbers lie between. */
export const OCTAVES = 53;

const FRACTION_BITS_IN_UPPER_HALF = 20;
const EXPONENT_BIAS = 1023;

const asDouble = new Float64Array(1);
const asWords = new Uint32Array(asDouble.buffer);
/** Which half of a double holds its exponent depends on the machine. */
const UPPER = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/**
 * The step that a whole number from 1 to 2^53 - 1 lies in, where each power of two is cut into
 * `2 ** bits` equal steps and steps are numbered from that of 1. Read off the number as a double:
 * its exponent and the first bits of its fraction.
 */
export function stepOf(value: number, bits: number): number {
  asDouble[0] = value;
  return (asWords[UPPER]! >>> (FRACTION_BITS_IN_UPPER_HALF - bits)) - (EXPONENT_BIAS << bits);
}

/** The middle of the whole numbers in a step: at most `1 / 2 ** (bits + 1)` away from each of them. */
export function middleOfStep(step: number, bits: number): number {
  const steps = 2 ** bits;
  const width = 2 ** ((step >>> bits) - bits);
  const least = (steps + (step & (steps - 1))) * width;
  return width <= 1 ? Math.ceil(least) : least + Math.floor((width - 1) / 2);
}
