import { NPY_DTYPES, type NpyArray, type NpyDtype, npyDataBytes } from "../../formats/index.js";
import { allocateArray } from "./allocate.js";
import { type Field, tensorOf, unstackable } from "./field.js";
import type { TensorLike } from "./stacked.js";

/** What is made a float without loss of its order of size. */
const REAL: ReadonlySet<NpyDtype> = new Set(["b1", "i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8"]);

/**
 * Arrays of one shape as one array with an axis more in front; each sample is copied once. Throws
 * `invalid-argument` for arrays of different shapes or dtypes.
 */
export function stackArrays(field: Field, asked: NpyDtype | undefined): NpyArray {
  const tensors = field.values.map((value) => tensorOf(value)!);
  const { dtype, shape } = tensors[0]!;
  const target = asked ?? dtype;
  if (target !== dtype && !(REAL.has(dtype) && (target === "f4" || target === "f8"))) {
    throw unstackable(field, 0, `is of ${dtype}, which is not made ${target}; do so in decode`);
  }
  for (const [sample, tensor] of tensors.entries()) check(field, sample, tensor, tensors[0]!);
  const stacked = allocateArray(target, [tensors.length, ...shape]);
  const elements = stacked.data.length / tensors.length;
  // The dtypes were found to fit.
  const data = stacked.data as Float64Array;
  for (const [sample, tensor] of tensors.entries()) {
    data.set(tensor.data as Float64Array, sample * elements);
  }
  return stacked;
}

function check(field: Field, sample: number, tensor: TensorLike, first: TensorLike): void {
  const { dtype, shape, fortranOrder, data } = tensor;
  if (dtype !== first.dtype) {
    throw unstackable(field, sample, `is of ${dtype}, that of sample 0 of ${first.dtype}`);
  }
  if (shape.length !== first.shape.length || shape.some((axis, at) => axis !== first.shape[at])) {
    throw unstackable(
      field,
      sample,
      `has shape (${shape.join(", ")}), that of sample 0 (${first.shape.join(", ")}); make them equal in decode`,
    );
  }
  if (fortranOrder === true && shape.length > 1) {
    throw unstackable(field, sample, "is in Fortran order; bring it into C order in decode");
  }
  const expected = npyDataBytes(dtype, shape);
  if (data.byteLength !== expected || data.BYTES_PER_ELEMENT !== NPY_DTYPES[dtype].wordBytes) {
    throw unstackable(
      field,
      sample,
      `has ${data.byteLength} bytes of ${data.BYTES_PER_ELEMENT} each where its shape of ${dtype} takes ${expected}`,
    );
  }
}
