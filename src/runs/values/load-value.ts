import type { BlobId, BlobStore } from "../../cas/index.js";
import { checkBlobId } from "../../cas/index.js";
import { LodeError } from "../../errors.js";
import { Tree } from "../trees/index.js";
import { BUILT_IN_CODECS, isCodecType } from "./choose-codec.js";
import { bytesCodec, pythonJsonCodec } from "./codecs/index.js";
import type { LoadValueOptions, ValueRef } from "./stored-value.js";
import type { CodecCall, ValueBytes, ValueCodec } from "./value-codec.js";

/** Types of Python's values in stores that mltrack wrote; the format tells how to read them. */
const PYTHON_TYPES = new Set(
  "ndarray dict list tuple set frozenset str bytes int float bool complex".split(" "),
);

/**
 * A stored value. Bytes and files come as `Uint8Array`, text as string, JSON as its value, arrays as `NpyArray`, tables
 * as `Table`, folders as {@link Tree}; the rest as its codec gives it. Tables and folders read from the store as they
 * are used. Throws `not-found`, `integrity` and `corrupt-format`, and `unsupported` where a codec is missing.
 */
export async function loadValue(
  store: BlobStore,
  ref: ValueRef,
  { codecs = [], signal }: LoadValueOptions = {},
): Promise<unknown> {
  const blob = checkBlobId(ref.hash);
  if (ref.type === "tree") return Tree.open(store, blob, { signal });
  const codec = codecFor(ref, codecs);
  return codec.decode(storedBytes(store, blob, { signal }), { signal });
}

/** Throws `unsupported`. */
function codecFor({ hash, format, type }: ValueRef, codecs: readonly ValueCodec[]): ValueCodec {
  if (type === "file") return bytesCodec as ValueCodec;
  const ofType = [...codecs, ...BUILT_IN_CODECS].find((codec) => codec.type === type);
  if (ofType !== undefined) return ofType;
  if (type !== undefined && isCodecType(type) && !PYTHON_TYPES.has(type)) {
    throw new LodeError({
      code: "unsupported",
      message: `blob ${hash} was stored by the codec ${type}, which is not among those given; give it, or load the bytes`,
      details: { blob: hash, type },
    });
  }
  if (format === pythonJsonCodec.format) return pythonJsonCodec;
  const ofFormat = [...codecs, ...BUILT_IN_CODECS].find((codec) => codec.format === format);
  return ofFormat ?? (bytesCodec as ValueCodec);
}

/** A blob as codecs read it. */
export function storedBytes(store: BlobStore, blob: BlobId, { signal }: CodecCall): ValueBytes {
  return {
    bytes: () => store.bytes(blob, { signal }),
    stream: () => store.stream(blob, { signal }),
    ranges: () => store.rangeReader(blob, { signal }),
  };
}
