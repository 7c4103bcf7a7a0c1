import { LodeError } from "../../errors.js";
import { NPY_DTYPES, type NpyDtype, npyDataBytes } from "./dtype.js";

export interface NpyHeaderOptions {
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  readonly fortranOrder?: boolean | undefined;
  /** The header's length is a multiple of this many bytes: 64 as numpy has it, 16 with `paddedTo`. */
  readonly alignment?: number | undefined;
  /** The header's whole length in bytes, filled with spaces. At most 10,010. */
  readonly paddedTo?: number | undefined;
}

/** Magic, version 1.0 and a length of two bytes. */
const PREFIX_BYTES = 10;
/** numpy refuses a header of more characters (`max_header_size`). */
const MAX_TEXT_BYTES = 10_000;
/** numpy leaves room for the outer axis to grow in place to 21 digits. */
const GROWTH_DIGITS = 21;

/**
 * The header of an .npy file of version 1.0 (NEP 1), little-endian; `npyDataBytes(dtype, shape)`
 * bytes of elements must follow. Without options of length it is what `numpy.save` writes.
 */
export function npyHeader(options: NpyHeaderOptions): Uint8Array {
  const { dtype, shape, fortranOrder = false } = options;
  npyDataBytes(dtype, shape);
  const order = NPY_DTYPES[dtype].itemBytes === 1 ? "|" : "<";
  const python = fortranOrder ? "True" : "False";
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const literal = `{'descr': '${order}${dtype}', 'fortran_order': ${python}, 'shape': (${axes}), }`;
  const least = PREFIX_BYTES + literal.length + 1;
  const total = options.paddedTo ?? alignedLength(least, options);
  const why = refusal(total, least, options);
  if (why !== undefined) {
    throw new LodeError({
      code: "invalid-argument",
      message: `an npy header of ${total} bytes cannot be written: ${why}`,
    });
  }
  const header = Buffer.alloc(total, " ");
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  header.writeUInt16LE(total - PREFIX_BYTES, 8);
  header.write(literal, PREFIX_BYTES, "latin1");
  header[total - 1] = 0x0a;
  return new Uint8Array(header.buffer, header.byteOffset, total);
}

function alignedLength(least: number, options: NpyHeaderOptions): number {
  const { shape, fortranOrder, alignment = 64 } = options;
  const growing = fortranOrder ? shape.at(-1) : shape[0];
  const room = growing === undefined ? 0 : GROWTH_DIGITS - String(growing).length;
  const text = least + room;
  return text + alignment - (text % alignment);
}

function refusal(total: number, least: number, options: NpyHeaderOptions): string | undefined {
  const { paddedTo, alignment = paddedTo === undefined ? 64 : 16 } = options;
  if (!Number.isSafeInteger(alignment) || alignment < 1) {
    return `alignment ${alignment} is no whole number of at least 1`;
  }
  if (!Number.isSafeInteger(total)) return "its length is no whole number";
  if (total < least) return `this dtype and shape need ${least} bytes`;
  if (total > PREFIX_BYTES + MAX_TEXT_BYTES) {
    return `numpy reads headers of up to ${PREFIX_BYTES + MAX_TEXT_BYTES} bytes`;
  }
  if (total % alignment !== 0) {
    return `it is no multiple of ${alignment}; give another alignment, 1 for any length`;
  }
  return undefined;
}
