import { LodeError } from "../../errors.js";
import { canonicalJson, type NpyDtype, npyDataBytes } from "../../formats/index.js";
import type { Digest } from "../keys.js";
import { digestOf, sha256Of } from "./value-digests.js";

/** An array of numbers. */
export interface ArrayInput {
  /** numpy's code without byte order: `f4`. */
  readonly dtype: NpyDtype;
  /** Elements, outermost axis first; empty for a single number. */
  readonly shape: readonly number[];
  /** The elements in C order, little-endian. */
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array>;
}

/**
 * Scheme `npy-v1`: of dtype, shape and the elements' bits, so that a reshaped array, another width and -0 differ, and
 * byte order and memory order of a file do not count. Throws `invalid-argument` for a dtype, a shape or a number of
 * bytes that cannot be.
 */
export async function arrayDigest(
  { dtype, shape, bytes }: ArrayInput,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Digest> {
  const expected = npyDataBytes(dtype, shape);
  const { hex, size } = await sha256Of(bytes, signal);
  if (size !== expected) {
    throw new LodeError({
      code: "invalid-argument",
      message: `an array of ${dtype} and shape (${shape.join(", ")}) has ${expected} bytes, not ${size}`,
    });
  }
  return digestOf("npy-v1", canonicalJson({ scheme: "npy-v1", dtype, shape, values: hex }));
}
