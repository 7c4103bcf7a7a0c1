import { viewOf } from "../little-endian.js";

/**
 * A page with half floats from `at` on, in two bytes each, as one with their bits in four: read as INT32 they become one
 * array of numbers, where values of fixed length become an array of bytes each.
 */
export function widenHalves(page: Uint8Array, at: number): Uint8Array {
  const count = (page.length - at) >> 1;
  const wide = new Uint8Array(at + 4 * count);
  wide.set(page.subarray(0, at));
  const [from, to] = [viewOf(page), viewOf(wide)];
  for (let i = 0; i < count; i++) to.setUint32(at + 4 * i, from.getUint16(at + 2 * i, true), true);
  return wide;
}
