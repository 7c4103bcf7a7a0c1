import { LITTLE_ENDIAN, viewOf } from "../../little-endian.js";
import type { Leaf } from "./field-tree.js";
import type { StoredValues } from "./stored-values.js";

/** Values in the encoding PLAIN; booleans have a byte each, which a page packs. */
export interface PlainBytes {
  readonly count: number;
  readonly bytes: Uint8Array;
  /** Bytes of each value, if they are equal. */
  readonly width: number;
  /** Where each value ends, if not. */
  readonly ends?: Float64Array | undefined;
}

/** In front of each value of any length. */
const LENGTH_BYTES = 4;

/** The bytes may be the values' own memory. */
export function plainBytes(leaf: Leaf, values: StoredValues): PlainBytes {
  const count = values.length;
  if (ArrayBuffer.isView(values)) {
    return { count, bytes: littleEndianBytes(values), width: values.BYTES_PER_ELEMENT };
  }
  if (leaf.type.kind === "string") return texts(values as readonly string[]);
  if (leaf.type.kind === "bytes") return byteArrays(values as readonly Uint8Array[]);
  const width = leaf.format.typeLength as number;
  return { count, bytes: bigEndianBytes(values as readonly bigint[], width), width };
}

function littleEndianBytes(values: Exclude<StoredValues, readonly unknown[]>): Uint8Array {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  if (LITTLE_ENDIAN || values.BYTES_PER_ELEMENT === 1) return bytes;
  const swapped = Buffer.from(bytes);
  if (values.BYTES_PER_ELEMENT === 2) return swapped.swap16();
  return values.BYTES_PER_ELEMENT === 4 ? swapped.swap32() : swapped.swap64();
}

/** Two's complement, as Parquet has decimals of fixed length. */
function bigEndianBytes(values: readonly bigint[], width: number): Uint8Array {
  const bytes = new Uint8Array(values.length * width);
  for (const [i, value] of values.entries()) {
    let rest = value;
    for (let at = (i + 1) * width; at-- > i * width; rest >>= 8n) {
      bytes[at] = Number(BigInt.asUintN(8, rest));
    }
  }
  return bytes;
}

function texts(values: readonly string[]): PlainBytes {
  const joined = Buffer.from(values.join(""));
  const units = values.reduce((sum, value) => sum + value.length, 0);
  // All of it is ASCII, where a string's length is its bytes'.
  const ascii = joined.length === units;
  return lengthPrefixed(values, joined, (value) =>
    ascii ? value.length : Buffer.byteLength(value),
  );
}

function byteArrays(values: readonly Uint8Array[]): PlainBytes {
  return lengthPrefixed(values, Buffer.concat(values), ({ length }) => length);
}

/** The values' content, one after the other, with the length of each in front of it. */
function lengthPrefixed<T>(
  values: readonly T[],
  content: Uint8Array,
  lengthOf: (value: T) => number,
): PlainBytes {
  const count = values.length;
  const bytes = new Uint8Array(content.length + count * LENGTH_BYTES);
  const view = viewOf(bytes);
  const ends = new Float64Array(count);
  let from = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const length = lengthOf(values[i] as T);
    view.setUint32(at, length, true);
    at += LENGTH_BYTES;
    // A loop is quicker than a call for what most strings have.
    if (length > 32) bytes.set(content.subarray(from, from + length), at);
    else for (let k = 0; k < length; k++) bytes[at + k] = content[from + k] as number;
    from += length;
    at += length;
    ends[i] = at;
  }
  return { count, bytes, width: 0, ends };
}
