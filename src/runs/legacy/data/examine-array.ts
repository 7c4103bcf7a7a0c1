import { createHash } from "node:crypto";
import { arrayDigest, type Digest } from "../../../cas/index.js";
import {
  NPY_DTYPE_NAMES,
  type NpyHeader,
  type RangeReader,
  readNpyHeader,
} from "../../../formats/index.js";
import { npyElements } from "../legacy-hash/index.js";
import type { Examined, LegacyAlgorithm } from "./examined.js";

/**
 * The array in an .npy file, read once: its logical digest (none of a big-endian one), and the hash that mltrack gave
 * it. Throws `corrupt-format`, and `unsupported` for texts and for pickled objects, which are never loaded.
 */
export async function examineArray(
  reader: RangeReader,
  algorithm: LegacyAlgorithm,
  signal: AbortSignal | undefined,
): Promise<Examined> {
  const header = await readNpyHeader(reader, { signal });
  const { dtype, shape } = header;
  const hash = createHash(algorithm);
  async function* tapped(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of npyElements(reader, header, signal)) {
      hash.update(piece);
      yield piece;
    }
  }
  const digest = await digestOf(header, tapped(), signal);
  return {
    type: "array",
    shape,
    dtype: isForeign(header) ? `>${dtype}` : NPY_DTYPE_NAMES[dtype],
    digest,
    hashes: [hash.digest("hex")],
  };
}

async function digestOf(
  header: NpyHeader,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Digest | undefined> {
  const { dtype, shape } = header;
  if (!isForeign(header)) return arrayDigest({ dtype, shape, bytes: pieces }, { signal });
  for await (const _ of pieces);
  return undefined;
}

/** numpy names a type of one byte without an order. */
function isForeign({ dtype, littleEndian }: NpyHeader): boolean {
  return !littleEndian && !["b1", "i1", "u1"].includes(dtype);
}
