import { arrayDigest } from "../../../cas/index.js";
import {
  encodeNpy,
  isPlainObject,
  NPY_DTYPE_NAMES,
  NPY_DTYPES,
  type NpyArray,
  type NpyData,
  type NpyDtype,
  npyElementBytes,
  readNpy,
} from "../../../formats/index.js";
import type { ValueCodec } from "../value-codec.js";
import { inCOrder } from "./c-order.js";

/** A typed array is an array of one axis; `data` of several axes has its last axis fastest unless it says otherwise. */
export type ArrayValue =
  | Exclude<NpyData, Uint8Array>
  | Uint8ClampedArray
  | (Omit<NpyArray, "fortranOrder"> & { readonly fortranOrder?: boolean | undefined });

/** By the name of the class; `Uint8Array` is bytes. */
const TYPED_ARRAYS: Readonly<Record<string, NpyDtype>> = {
  Int8Array: "i1",
  Uint8ClampedArray: "u1",
  Int16Array: "i2",
  Uint16Array: "u2",
  Int32Array: "i4",
  Uint32Array: "u4",
  BigInt64Array: "i8",
  BigUint64Array: "u8",
  Float16Array: "f2",
  Float32Array: "f4",
  Float64Array: "f8",
};

/**
 * Arrays of numbers, as .npy files of numpy's version 1.0 in C order; loaded as `NpyArray`. Equal by dtype, shape and
 * elements, whatever the order in memory.
 */
export const arrayCodec: ValueCodec<ArrayValue> = {
  type: "array",
  format: "npy",
  matches: (value): value is ArrayValue => typedArrayDtype(value) !== undefined || isNpy(value),
  async describe(value, { signal }) {
    const array = npyOf(value);
    const { dtype, shape } = array;
    const bytes = npyElementBytes(array, array.data);
    const digest = await arrayDigest({ dtype, shape, bytes }, { signal });
    return { shape, dtype: NPY_DTYPE_NAMES[dtype], digest };
  },
  async encode(value) {
    const pieces = encodeNpy(npyOf(value));
    return (async function* () {
      yield* pieces;
    })();
  },
  decode: async (stored, { signal }) => readNpy(await stored.ranges(), { signal }),
};

function npyOf(value: ArrayValue): NpyArray {
  const dtype = typedArrayDtype(value);
  if (dtype === undefined) {
    const array = value as NpyArray;
    return inCOrder({ ...array, fortranOrder: array.fortranOrder === true });
  }
  const { buffer, byteOffset, length } = value as Uint8ClampedArray;
  const data = new NPY_DTYPES[dtype].array(buffer, byteOffset, length);
  return { dtype, shape: [length], fortranOrder: false, data } as NpyArray;
}

/** The dtype of a typed array, `Uint8Array` apart. */
function typedArrayDtype(value: unknown): NpyDtype | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  const name = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return TYPED_ARRAYS[name];
}

function isNpy(value: unknown): boolean {
  return (
    isPlainObject(value) &&
    typeof value.dtype === "string" &&
    Array.isArray(value.shape) &&
    ArrayBuffer.isView(value.data)
  );
}
