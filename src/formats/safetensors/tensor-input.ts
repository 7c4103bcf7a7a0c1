import { LodeError } from "../../errors.js";
import { LITTLE_ENDIAN } from "../little-endian.js";
import { MAX_ARRAY_BYTES } from "../read-exactly.js";
import { swapWords } from "../swap-words.js";
import { quoted } from "./corrupt-safetensors.js";
import {
  isTensorDtype,
  shapeText,
  TENSOR_DTYPES,
  type Tensor,
  type TensorData,
  type TensorDtype,
  tensorBytes,
} from "./dtype.js";

/**
 * What is written as a tensor: a typed array alone, which has one axis, or with its shape. The dtype is
 * that of the array, `U16` for a Uint16Array, unless it is told. `data` is in C order.
 */
export type TensorInput =
  | TensorData
  | {
      readonly data: TensorData;
      readonly shape?: readonly number[] | undefined;
      readonly dtype?: TensorDtype | undefined;
    };

/** Tensors by name. */
export type TensorInputs = ReadonlyMap<string, TensorInput> | Readonly<Record<string, TensorInput>>;

/** The dtype of an array where none is told. */
const DTYPE_OF_ARRAY = new Map<unknown, TensorDtype>([
  [Uint8Array, "U8"],
  [Int8Array, "I8"],
  [Int16Array, "I16"],
  [Uint16Array, "U16"],
  [Int32Array, "I32"],
  [Uint32Array, "U32"],
  [Float32Array, "F32"],
  [Float64Array, "F64"],
  [BigInt64Array, "I64"],
  [BigUint64Array, "U64"],
]);

/**
 * The tensor with its dtype and its shape, on the same memory. Throws `invalid-argument` if the array
 * is not of the dtype, or not as long as the shape says.
 */
export function asTensor(name: string, input: TensorInput): Tensor {
  const {
    data,
    shape,
    dtype = dtypeOf(name, data),
  } = ArrayBuffer.isView(input) ? { data: input, shape: undefined } : input;
  if (!isTensorDtype(dtype)) throw invalid(name, `there is no dtype ${quoted(String(dtype))}`);
  const { array, itemBytes } = TENSOR_DTYPES[dtype];
  if (!(data instanceof array)) throw invalid(name, `${dtype} takes its elements as ${array.name}`);
  const axes = shape ?? [data.byteLength / itemBytes];
  const bytes = sizeOf(name, dtype, axes);
  if (data.byteLength !== bytes) {
    throw invalid(
      name,
      `its array has ${data.byteLength} bytes where ${dtype} of shape ${shapeText(axes)} takes ${bytes}`,
    );
  }
  return { dtype, shape: axes, data } as Tensor;
}

/** The elements as they stand in a file: the tensor's own memory, but on a big-endian machine a copy. */
export function tensorToBytes({ dtype, data }: Tensor): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const { wordBytes } = TENSOR_DTYPES[dtype];
  if (LITTLE_ENDIAN || wordBytes === 1) return bytes;
  const swapped = bytes.slice();
  swapWords(swapped, wordBytes);
  return swapped;
}

/**
 * The tensor whose elements stand in `bytes` as in a file, on the same memory; copied only to align
 * it, and on a big-endian machine. The bytes must be as many as dtype and shape take.
 */
export function tensorFromBytes(
  dtype: TensorDtype,
  shape: readonly number[],
  bytes: Uint8Array,
): Tensor {
  const { wordBytes, array: ArrayOf } = TENSOR_DTYPES[dtype];
  const foreign = wordBytes > 1 && !LITTLE_ENDIAN;
  const own = foreign || bytes.byteOffset % wordBytes !== 0 ? new Uint8Array(bytes) : bytes;
  if (foreign) swapWords(own, wordBytes);
  const data = new ArrayOf(own.buffer, own.byteOffset, own.length / wordBytes);
  return { dtype, shape, data } as Tensor;
}

/** Throws `unsupported` for a tensor that no typed array holds on every version of Node. */
export function checkArrayBytes(name: string, bytes: number): void {
  if (bytes <= MAX_ARRAY_BYTES) return;
  throw new LodeError({
    code: "unsupported",
    message: `tensor ${quoted(name)} has ${bytes} bytes, more than the ${MAX_ARRAY_BYTES} that one array holds here; read it in parts`,
  });
}

function dtypeOf(name: string, data: TensorData): TensorDtype {
  for (const [array, dtype] of DTYPE_OF_ARRAY) {
    if (data instanceof (array as new () => TensorData)) return dtype;
  }
  throw invalid(name, "its data is no typed array of a known type");
}

function sizeOf(name: string, dtype: TensorDtype, shape: readonly number[]): number {
  try {
    return tensorBytes(dtype, shape);
  } catch (error) {
    throw invalid(name, error instanceof Error ? error.message : String(error));
  }
}

function invalid(name: string, why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `tensor ${quoted(name)} cannot be written: ${why}`,
  });
}
