import { LodeError } from "../../errors.js";

/** The memory of each dtype. What JavaScript has no numbers for is raw bits; complex numbers are real and imaginary part in turn. */
interface TensorDataOf {
  BOOL: Uint8Array;
  U8: Uint8Array;
  I8: Int8Array;
  F8_E5M2: Uint8Array;
  F8_E4M3: Uint8Array;
  F8_E8M0: Uint8Array;
  F8_E4M3FNUZ: Uint8Array;
  F8_E5M2FNUZ: Uint8Array;
  I16: Int16Array;
  U16: Uint16Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  I32: Int32Array;
  U32: Uint32Array;
  F32: Float32Array;
  C64: Float32Array;
  F64: Float64Array;
  I64: BigInt64Array;
  U64: BigUint64Array;
}

/** A number type by the name that safetensors has for it. */
export type TensorDtype = keyof TensorDataOf;

export type TensorData = TensorDataOf[TensorDtype];

/**
 * An array of numbers. `shape` counts elements, outermost axis first; `data` has them in C order.
 * Testing `dtype` narrows the type of `data`.
 */
export type Tensor = {
  [D in TensorDtype]: {
    readonly dtype: D;
    readonly shape: readonly number[];
    readonly data: TensorDataOf[D];
  };
}[TensorDtype];

export interface TensorDtypeFacts {
  /** Bytes of one element. */
  readonly itemBytes: number;
  /** Bytes of what is swapped between byte orders: half an element for complex numbers. */
  readonly wordBytes: 1 | 2 | 4 | 8;
  readonly array: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => TensorData;
}

/** Every dtype that is read and written, from the last in a file to the first. */
export const TENSOR_DTYPES: Readonly<Record<TensorDtype, TensorDtypeFacts>> = {
  BOOL: { itemBytes: 1, wordBytes: 1, array: Uint8Array },
  U8: { itemBytes: 1, wordBytes: 1, array: Uint8Array },
  I8: { itemBytes: 1, wordBytes: 1, array: Int8Array },
  F8_E5M2: { itemBytes: 1, wordBytes: 1, array: Uint8Array },
  F8_E4M3: { itemBytes: 1, wordBytes: 1, array: Uint8Array },
  F8_E8M0: { itemBytes: 1, wordBytes: 1, array: Uint8Array },
  F8_E4M3FNUZ: { itemBytes: 1, wordBytes: 1, array: Uint8Array },
  F8_E5M2FNUZ: { itemBytes: 1, wordBytes: 1, array: Uint8Array },
  I16: { itemBytes: 2, wordBytes: 2, array: Int16Array },
  U16: { itemBytes: 2, wordBytes: 2, array: Uint16Array },
  F16: { itemBytes: 2, wordBytes: 2, array: Uint16Array },
  BF16: { itemBytes: 2, wordBytes: 2, array: Uint16Array },
  I32: { itemBytes: 4, wordBytes: 4, array: Int32Array },
  U32: { itemBytes: 4, wordBytes: 4, array: Uint32Array },
  F32: { itemBytes: 4, wordBytes: 4, array: Float32Array },
  C64: { itemBytes: 8, wordBytes: 4, array: Float32Array },
  F64: { itemBytes: 8, wordBytes: 8, array: Float64Array },
  I64: { itemBytes: 8, wordBytes: 8, array: BigInt64Array },
  U64: { itemBytes: 8, wordBytes: 8, array: BigUint64Array },
};

const MAX_AXES_SHOWN = 12;

export function isTensorDtype(name: string): name is TensorDtype {
  return Object.hasOwn(TENSOR_DTYPES, name);
}

/**
 * Bytes that the elements take. Throws `invalid-argument` for a dtype or a shape that cannot be, among
 * them one whose size is beyond 2^53.
 */
export function tensorBytes(dtype: TensorDtype, shape: readonly number[]): number {
  if (!isTensorDtype(dtype)) {
    throw invalid(
      `there is no dtype ${JSON.stringify(dtype)}; use one of ${Object.keys(TENSOR_DTYPES).join(", ")}`,
    );
  }
  if (shape.some((n) => !Number.isSafeInteger(n) || n < 0)) {
    throw invalid(
      `shape ${shapeText(shape)} has an axis that is no whole number from 0 to 2^53 - 1`,
    );
  }
  if (shape.includes(0)) return 0;
  const bytes = shape.reduce((product, n) => product * n, TENSOR_DTYPES[dtype].itemBytes);
  if (!Number.isSafeInteger(bytes)) {
    throw invalid(`shape ${shapeText(shape)} of ${dtype} has more than 2^53 bytes`);
  }
  return bytes;
}

/** A shape as it stands in messages, where it must not be of any length. */
export function shapeText(shape: readonly number[]): string {
  const more = shape.length > MAX_AXES_SHOWN ? ", …" : "";
  return `[${shape.slice(0, MAX_AXES_SHOWN).join(", ")}${more}]`;
}

function invalid(why: string): LodeError {
  return new LodeError({ code: "invalid-argument", message: `the tensor cannot be: ${why}` });
}
