import { LodeError } from "../../errors.js";

/** The memory of each dtype. `f2` has raw bits, `b1` 0 or 1, complex numbers real and imaginary part in turn. */
interface NpyDataOf {
  b1: Uint8Array;
  i1: Int8Array;
  u1: Uint8Array;
  i2: Int16Array;
  u2: Uint16Array;
  i4: Int32Array;
  u4: Uint32Array;
  i8: BigInt64Array;
  u8: BigUint64Array;
  f2: Uint16Array;
  f4: Float32Array;
  f8: Float64Array;
  c8: Float32Array;
  c16: Float64Array;
}

/** A number type by numpy's code without byte order: `f4` is a 32-bit float. */
export type NpyDtype = keyof NpyDataOf;

export type NpyData = NpyDataOf[NpyDtype];

/** numpy's names of them, which people read. */
export const NPY_DTYPE_NAMES: Readonly<Record<NpyDtype, string>> = {
  b1: "bool",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  u2: "uint16",
  i4: "int32",
  u4: "uint32",
  i8: "int64",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
  c8: "complex64",
  c16: "complex128",
};

/**
 * An array of numbers. `shape` counts elements, outermost axis first; `data` has them in C order, or
 * with `fortranOrder` first axis fastest. Testing `dtype` narrows the type of `data`.
 */
export type NpyArray = {
  [D in NpyDtype]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly fortranOrder: boolean;
    readonly data: NpyDataOf[D];
  };
}[NpyDtype];

export interface NpyDtypeFacts {
  /** Bytes of one element. */
  readonly itemBytes: number;
  /** Bytes of what is swapped between byte orders: half an element for complex numbers. */
  readonly wordBytes: 1 | 2 | 4 | 8;
  readonly array: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NpyData;
}

/** Every dtype that is read and written. */
export const NPY_DTYPES: Readonly<Record<NpyDtype, NpyDtypeFacts>> = {
  b1: { itemBytes: 1, wordBytes: 1, array: Uint8Array },
  i1: { itemBytes: 1, wordBytes: 1, array: Int8Array },
  u1: { itemBytes: 1, wordBytes: 1, array: Uint8Array },
  i2: { itemBytes: 2, wordBytes: 2, array: Int16Array },
  u2: { itemBytes: 2, wordBytes: 2, array: Uint16Array },
  i4: { itemBytes: 4, wordBytes: 4, array: Int32Array },
  u4: { itemBytes: 4, wordBytes: 4, array: Uint32Array },
  i8: { itemBytes: 8, wordBytes: 8, array: BigInt64Array },
  u8: { itemBytes: 8, wordBytes: 8, array: BigUint64Array },
  f2: { itemBytes: 2, wordBytes: 2, array: Uint16Array },
  f4: { itemBytes: 4, wordBytes: 4, array: Float32Array },
  f8: { itemBytes: 8, wordBytes: 8, array: Float64Array },
  c8: { itemBytes: 8, wordBytes: 4, array: Float32Array },
  c16: { itemBytes: 16, wordBytes: 8, array: Float64Array },
};

/** More axes than numpy itself allows. */
const MAX_AXES = 64;

/**
 * Bytes that the elements take, without the header. Throws `invalid-argument` for a dtype or a shape
 * that cannot be, among them one whose size is beyond 2^53.
 */
export function npyDataBytes(dtype: NpyDtype, shape: readonly number[]): number {
  if (!Object.hasOwn(NPY_DTYPES, dtype)) {
    throw invalid(`there is no dtype ${JSON.stringify(dtype)}; use one of ${dtypeNames()}`);
  }
  const text = `shape (${shape.join(", ")})`;
  if (shape.length > MAX_AXES) throw invalid(`${shape.length} axes are more than ${MAX_AXES}`);
  if (shape.some((n) => !Number.isSafeInteger(n) || n < 0)) {
    throw invalid(`${text} has an axis that is no whole number from 0 to 2^53 - 1`);
  }
  if (shape.includes(0)) return 0;
  const bytes = shape.reduce((product, n) => product * n, NPY_DTYPES[dtype].itemBytes);
  if (!Number.isSafeInteger(bytes)) throw invalid(`${text} of ${dtype} has more than 2^53 bytes`);
  return bytes;
}

export function dtypeNames(): string {
  return Object.keys(NPY_DTYPES).join(", ");
}

function invalid(why: string): LodeError {
  return new LodeError({ code: "invalid-argument", message: `the npy array cannot be: ${why}` });
}
