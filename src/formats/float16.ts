/** The quiet NaN without payload, as numpy has it. */
export const FLOAT16_NAN = 0x7e00;

const INFINITY = 0x7c00;
const FRACTION_BITS = 10;
const BIAS = 15;
/** The least number that is not subnormal; those below are multiples of 2^-24. */
const LEAST_NORMAL = 2 ** -14;
/** Lies in the middle between the greatest number, 65504, and the one that would follow. */
const OVERFLOW = 65_520;

/**
 * Half-precision floats (IEEE 754 binary16, numpy's `f2`) as the floats they are; each has an exact
 * 32-bit float. Infinities and the bits of NaNs are kept.
 */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  const floats = new Float32Array(words.buffer);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i]!;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      // Subnormal: a multiple of 2^-24.
      floats[i] = (sign === 0 ? 1 : -1) * fraction * 2 ** -24;
    } else {
      const widened = exponent === 31 ? 255 : exponent + 112;
      words[i] = sign | (widened << 23) | (fraction << 13);
    }
  }
  return floats;
}

/** The number that the bits of a half-precision float stand for. */
export function float16Value(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> FRACTION_BITS) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - BIAS - FRACTION_BITS);
}

/** The bits of the half-precision float nearest to a number, the even one of two; every NaN is {@link FLOAT16_NAN}. */
export function float16Bits(value: number): number {
  if (Number.isNaN(value)) return FLOAT16_NAN;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= OVERFLOW) return sign | INFINITY;
  if (size < LEAST_NORMAL) return sign | toEven(size * 2 ** 24);
  scratch.setFloat64(0, size);
  // Multiplying by a power of two is exact. A fraction that is rounded to 2048 carries into the exponent.
  const exponent = (scratch.getUint16(0) >> 4) - 1023;
  const fraction = toEven(size * 2 ** (FRACTION_BITS - exponent));
  return sign | (((exponent + BIAS) << FRACTION_BITS) + fraction - 1024);
}

const scratch = new DataView(new ArrayBuffer(8));

function toEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
