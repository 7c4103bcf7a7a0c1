import { createHash } from "node:crypto";
import { arrayDigest, type Digest } from "../../../cas/index.js";
import {
  type NpyDtype,
  type NpyHeader,
  type RangeReader,
  readNpyHeader,
} from "../../../formats/index.js";
import { npyElements } from "../legacy-hash/index.js";
import type { Examined, LegacyAlgorithm } from "./examined.js";

const NAMES: Readonly<Record<NpyDtype, string>> = {
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
    dtype: isForeign(header) ? `>${dtype}` : NAMES[dtype],
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
