import fc from "fast-check";
import {
  NPY_DTYPES,
  type NpyArray,
  type NpyDtype,
  npyDataBytes,
} from "../../../src/formats/index.js";

/** An array of any dtype and shape; its elements are any bits. */
export function npyArrays(): fc.Arbitrary<NpyArray> {
  return fc
    .record({
      dtype: fc.constantFrom(...(Object.keys(NPY_DTYPES) as NpyDtype[])),
      shape: fc.array(fc.nat({ max: 6 }), { maxLength: 4 }),
      fortranOrder: fc.boolean(),
    })
    .chain(({ dtype, shape, fortranOrder }) => {
      const length = npyDataBytes(dtype, shape);
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((bytes) => npyArray(dtype, shape, bytes, fortranOrder));
    });
}

export function npyArray(
  dtype: NpyDtype,
  shape: readonly number[],
  bytes: Uint8Array,
  fortranOrder = false,
): NpyArray {
  const { array: ArrayOf, wordBytes } = NPY_DTYPES[dtype];
  const own = new Uint8Array(bytes);
  const data = new ArrayOf(own.buffer, 0, own.length / wordBytes);
  return { dtype, shape, fortranOrder, data } as NpyArray;
}

/** Type, shape, order and bits; NaNs are compared by their bits. */
export function bitsOf({ dtype, shape, fortranOrder, data }: NpyArray): unknown {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { dtype, shape, fortranOrder, class: data.constructor.name, bits: bytes.toString("hex") };
}
