import { LodeError, throwIfAborted } from "../../../errors.js";
import {
  MAX_ARRAY_BYTES,
  NPY_DTYPES,
  type NpyHeader,
  type RangeReader,
  readExactly,
} from "../../../formats/index.js";

const PIECE_BYTES = 8 * 1024 * 1024;

/**
 * What mltrack hashed of the array in an .npy file: numpy's `tobytes()`, the elements in C order and in the file's byte
 * order, without shape and dtype; in pieces of 8 MiB, an array in Fortran order whole. Throws `unsupported` for one of
 * that kind that no array holds.
 */
export async function* npyElements(
  reader: RangeReader,
  { dtype, shape, fortranOrder, dataOffset, dataBytes }: NpyHeader,
  signal?: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = dataOffset + dataBytes;
  if (!fortranOrder || shape.length < 2) {
    for (let at = dataOffset; at < end; at += PIECE_BYTES) {
      throwIfAborted(signal, "hash");
      yield await readExactly(reader, at, Math.min(end, at + PIECE_BYTES), signal);
    }
    return;
  }
  if (dataBytes > MAX_ARRAY_BYTES) {
    throw new LodeError({
      code: "unsupported",
      message: `an npy array of ${dataBytes} bytes in Fortran order is too large to be brought into C order`,
    });
  }
  const elements = await readExactly(reader, dataOffset, end, signal);
  yield inCOrder(elements, shape, NPY_DTYPES[dtype].itemBytes);
}

function inCOrder(elements: Uint8Array, shape: readonly number[], itemBytes: number): Uint8Array {
  const target = new Uint8Array(elements.length);
  const strides: number[] = [];
  let stride = itemBytes;
  for (const count of shape) {
    strides.push(stride);
    stride *= count;
  }
  const place = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < target.length; to += itemBytes) {
    target.set(elements.subarray(from, from + itemBytes), to);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis]!++;
      from += strides[axis]!;
      if (place[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return target;
}
