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
