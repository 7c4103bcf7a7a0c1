import { constants } from "node:buffer";
import { NPY_DTYPES, type NpyArray, type NpyDtype, npyDataBytes } from "../../formats/index.js";
import { invalid } from "../invalid.js";

/** An array whose elements are still to be set. Throws `invalid-argument` for one beyond what memory can hold at a place. */
export function allocateArray(dtype: NpyDtype, shape: readonly number[]): NpyArray {
  const bytes = npyDataBytes(dtype, shape);
  if (bytes > constants.MAX_LENGTH) {
    throw invalid(`the batch cannot be stacked: a field takes ${bytes} bytes; use smaller batches`);
  }
  const { array: ArrayOf, wordBytes } = NPY_DTYPES[dtype];
  // Not set to zero: every element is written.
  const { buffer } = Buffer.allocUnsafeSlow(bytes);
  return {
    dtype,
    shape,
    fortranOrder: false,
    data: new ArrayOf(buffer, 0, bytes / wordBytes),
  } as NpyArray;
}
