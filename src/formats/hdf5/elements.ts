import type { Metadata } from "h5wasm";
import { LodeError } from "../../errors.js";
import { NPY_DTYPES, type NpyArray, type NpyData, type NpyDtype } from "../npy/index.js";
import type { Hdf5Module } from "./library.js";

/** An element type by numpy's code without byte order, or `string` for texts of fixed or any length. */
export type Hdf5Dtype = NpyDtype | "string";

export type Hdf5Data = NpyData | string[];

/**
 * Elements in C order; `shape` is empty for a single one. Testing `dtype` narrows the type of `data`, which is that of
 * an {@link NpyArray}.
 */
export type Hdf5Array =
  | {
      [D in NpyDtype]: {
        readonly dtype: D;
        readonly shape: readonly number[];
        readonly data: Extract<NpyArray, { dtype: D }>["data"];
      };
    }[NpyDtype]
  | { readonly dtype: "string"; readonly shape: readonly number[]; readonly data: string[] };

/** HDF5's type classes (`H5T_class_t`). */
const INTEGER = 0;
const FLOAT = 1;
const STRING = 3;
const COMPOUND = 6;
const ENUM = 8;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The dtype of what the library describes, or undefined for types that are not read. */
export function dtypeOf(metadata: Metadata): Hdf5Dtype | undefined {
  const { type, size, signed, compound_type, enum_type } = metadata;
  const known = (code: string) =>
    Object.hasOwn(NPY_DTYPES, code) ? (code as NpyDtype) : undefined;
  if (type === INTEGER) return known(`${signed ? "i" : "u"}${size}`);
  if (type === FLOAT) return known(`f${size}`);
  if (type === STRING) return "string";
  // h5py's booleans and complex numbers.
  if (type === ENUM && size === 1) {
    const { FALSE, TRUE, ...others } = enum_type?.members ?? {};
    return FALSE === 0 && TRUE === 1 && Object.keys(others).length === 0 ? "b1" : undefined;
  }
  if (type === COMPOUND) {
    const [real, imaginary, ...others] = compound_type?.members ?? [];
    const half = size / 2;
    const isComplex =
      others.length === 0 &&
      real?.name === "r" &&
      imaginary?.name === "i" &&
      [real, imaginary].every((part) => part.type === FLOAT && part.size === half) &&
      imaginary.offset === half &&
      real.littleEndian &&
      imaginary.littleEndian;
    return isComplex && half >= 4 ? known(`c${size}`) : undefined;
  }
  return undefined;
}

/** Numbers from the bytes of elements, whose memory they take over. */
export function numbersFrom(dtype: NpyDtype, bytes: Uint8Array<ArrayBuffer>): NpyData {
  const { array, wordBytes } = NPY_DTYPES[dtype];
  return new array(bytes.buffer, 0, bytes.length / wordBytes);
}

/** Texts from the bytes of elements, which are pointers into the library's memory for texts of any length. */
export function stringsFrom(metadata: Metadata, bytes: Uint8Array, module: Hdf5Module): string[] {
  const { vlen, size } = metadata;
  if (!vlen) {
    return Array.from({ length: bytes.length / size }, (_, i) =>
      untilNul(bytes, i * size, (i + 1) * size),
    );
  }
  const memory = module.HEAPU8;
  const pointers = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return Array.from(pointers, (at) => (at === 0 ? "" : untilNul(memory, at, memory.length)));
}

function untilNul(bytes: Uint8Array, from: number, to: number): string {
  const nul = bytes.indexOf(0, from);
  try {
    return decoder.decode(bytes.subarray(from, nul < 0 ? to : Math.min(nul, to)));
  } catch {
    throw new LodeError({
      code: "corrupt-format",
      message: "the HDF5 file has a text that is no valid UTF-8",
    });
  }
}
