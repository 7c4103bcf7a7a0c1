import { HIGH, int64Words, LOW, varint64Size } from "./int64-words.js";

/** A list of values; `none` is a feature of no kind, which TensorFlow allows and takes for absent. */
export type TfFeature =
  | { readonly kind: "bytes"; readonly values: readonly Uint8Array[] }
  | { readonly kind: "float"; readonly values: Float32Array }
  | { readonly kind: "int64"; readonly values: BigInt64Array }
  | { readonly kind: "none" };

/** `tf.train.Example` of TensorFlow's example.proto and feature.proto: features by name. */
export type TfExample = ReadonlyMap<string, TfFeature>;

/** As much of a feature as decides its length: lengths of byte strings, a number of floats. */
export type TfFeatureLengths =
  | { readonly kind: "bytes"; readonly values: readonly { readonly length: number }[] }
  | { readonly kind: "float"; readonly values: { readonly length: number } }
  | { readonly kind: "int64"; readonly values: BigInt64Array }
  | { readonly kind: "none" };

/** Every TfExample is one; `{ length: n }` stands for bytes that are not made yet. */
export type TfExampleLengths = ReadonlyMap<string, TfFeatureLengths>;

/** Field numbers of the messages, each of which fits one byte of tag. */
export const FIELDS = { bytes: 1, float: 2, int64: 3 } as const;

/** Wire types of protobuf's encoding. */
export const VARINT = 0;
export const LENGTH_DELIMITED = 2;
export const FIXED32 = 5;

/** The exact length of what `encodeExample` makes of an example like this. */
export function exampleSize(example: TfExampleLengths): number {
  return delimitedSize(featuresSize(example));
}

/** The map of features without its tag and length. */
export function featuresSize(example: TfExampleLengths): number {
  let size = 0;
  for (const [name, feature] of example) size += delimitedSize(entrySize(name, feature));
  return size;
}

/** One entry of the map: name and feature. */
export function entrySize(name: string, feature: TfFeatureLengths): number {
  return delimitedSize(Buffer.byteLength(name)) + delimitedSize(featureSize(feature));
}

export function featureSize(feature: TfFeatureLengths): number {
  return feature.kind === "none" ? 0 : delimitedSize(listSize(feature));
}

/** The list message inside a feature. */
export function listSize(feature: Exclude<TfFeatureLengths, { kind: "none" }>): number {
  if (feature.kind === "bytes") {
    return feature.values.reduce((sum, { length }) => sum + delimitedSize(length), 0);
  }
  const packed = packedSize(feature);
  return packed === 0 ? 0 : delimitedSize(packed);
}

/** The values of a list of numbers, packed. */
export function packedSize(
  feature: Extract<TfFeatureLengths, { kind: "float" | "int64" }>,
): number {
  if (feature.kind === "float") return feature.values.length * 4;
  const words = int64Words(feature.values);
  let size = 0;
  for (let i = 0; i < words.length; i += 2) {
    size += varint64Size(words[i + LOW]!, words[i + HIGH]!);
  }
  return size;
}

/** A tag of one byte, the length, and that many bytes. */
function delimitedSize(bytes: number): number {
  return 1 + varintSize(bytes) + bytes;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
