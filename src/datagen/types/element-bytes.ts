import { LodeError } from "../../errors.js";
import { NPY_DTYPES, type NpyDtype, npyDataBytes } from "../../formats/index.js";
import type { ContentSegment } from "../assemble.js";

/** The number types that random bytes make sense in. */
export const GENERATED_DTYPES = Object.keys(NPY_DTYPES).filter(
  (dtype) => dtype !== "b1",
) as readonly NpyDtype[];

/** Bytes of the elements. Throws `invalid-argument` for a dtype that is not generated or a shape that cannot be. */
export function elementBytes(dtype: NpyDtype, shape: readonly number[]): number {
  if (GENERATED_DTYPES.includes(dtype)) return npyDataBytes(dtype, shape);
  throw new LodeError({
    code: "invalid-argument",
    message: `arrays of ${JSON.stringify(dtype)} are not generated; use one of ${GENERATED_DTYPES.join(", ")}`,
  });
}

/**
 * Content that is elements. Floats have the highest bit of their exponent cleared, so that all are finite:
 * between -2 and 2.
 */
export function elementSegment(dtype: NpyDtype, bytes: number): ContentSegment {
  if (!/^[fc]/.test(dtype)) return { bytes };
  const { wordBytes } = NPY_DTYPES[dtype];
  const last = wordBytes - 1;
  return {
    bytes,
    onPiece(piece, at) {
      const first = last - (at % wordBytes);
      for (let i = first; i < piece.length; i += wordBytes) piece[i]! &= 0xbf;
    },
  };
}
