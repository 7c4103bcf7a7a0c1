import { LodeError } from "../../errors.js";
import { LITTLE_ENDIAN } from "../little-endian.js";
import { swapWords } from "../swap-words.js";
import { NPY_DTYPES, type NpyArray, type NpyData, npyDataBytes } from "./dtype.js";
import { type NpyHeaderOptions, npyHeader } from "./header.js";

/**
 * An .npy file (NEP 1, version 1.0, little-endian) as chunks: the header, then the array's own
 * memory, not a copy. Throws `invalid-argument` if `data` is not of the dtype or not as long as the
 * shape says.
 */
export function encodeNpy(array: NpyArray): Uint8Array[] {
  return [npyHeader(array), npyElementBytes(array, array.data)];
}

/** The elements as they stand in the file. */
export function npyElementBytes({ dtype, shape }: NpyHeaderOptions, data: NpyData): Uint8Array {
  const expected = npyDataBytes(dtype, shape);
  const { array, wordBytes } = NPY_DTYPES[dtype];
  if (!(data instanceof array)) {
    throw new LodeError({
      code: "invalid-argument",
      message: `an npy array of ${dtype} takes its elements as ${array.name}`,
    });
  }
  if (data.byteLength !== expected) {
    throw new LodeError({
      code: "invalid-argument",
      message: `the npy array has ${data.byteLength} bytes where shape (${shape.join(", ")}) of ${dtype} takes ${expected}`,
    });
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (LITTLE_ENDIAN || wordBytes === 1) return bytes;
  const swapped = bytes.slice();
  swapWords(swapped, wordBytes);
  return swapped;
}
