import { LodeError } from "../../errors.js";
import { LITTLE_ENDIAN, viewOf } from "../little-endian.js";
import {
  entrySize,
  exampleSize,
  FIELDS,
  featureSize,
  featuresSize,
  LENGTH_DELIMITED,
  listSize,
  packedSize,
  type TfExample,
  type TfFeature,
} from "./example.js";
import { HIGH, int64Words, LOW } from "./int64-words.js";

const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

/**
 * An example as TensorFlow parses it: features in the order of the map, numbers packed. Its length
 * is `exampleSize(example)`. Throws `invalid-argument` beyond protobuf's 2 GiB, and for a name that
 * UTF-8 cannot hold.
 */
export function encodeExample(example: TfExample): Uint8Array {
  const size = exampleSize(example);
  if (size > MAX_MESSAGE_BYTES) {
    throw new LodeError({
      code: "invalid-argument",
      message: `a tf.train.Example of ${size} bytes cannot be written: protobuf ends at ${MAX_MESSAGE_BYTES}`,
    });
  }
  const writer = new MessageWriter(size);
  writer.begin(1, featuresSize(example));
  for (const [name, feature] of example) {
    if (/\p{Surrogate}/u.test(name)) {
      throw new LodeError({
        code: "invalid-argument",
        message: `${JSON.stringify(name)} cannot name a feature: half of a character is no UTF-8`,
      });
    }
    writer.begin(1, entrySize(name, feature));
    writer.string(1, name);
    writer.begin(2, featureSize(feature));
    writeFeature(writer, feature);
  }
  return writer.bytes;
}

function writeFeature(writer: MessageWriter, feature: TfFeature): void {
  if (feature.kind === "none") return;
  writer.begin(FIELDS[feature.kind], listSize(feature));
  if (feature.kind === "bytes") {
    for (const value of feature.values) writer.field(1, value);
    return;
  }
  if (feature.values.length === 0) return;
  writer.begin(1, packedSize(feature));
  if (feature.kind === "float") writer.floats(feature.values);
  else writer.int64s(feature.values);
}

/** Writes protobuf fields, whose lengths are known, one behind the other. */
class MessageWriter {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  /** Tag and length of a field; its bytes must follow. */
  begin(field: number, length: number): void {
    this.bytes[this.#at++] = (field << 3) | LENGTH_DELIMITED;
    this.#varint(length, 0);
  }

  field(field: number, value: Uint8Array): void {
    this.begin(field, value.length);
    this.bytes.set(value, this.#at);
    this.#at += value.length;
  }

  string(field: number, value: string): void {
    this.field(field, Buffer.from(value));
  }

  floats(values: Float32Array): void {
    if (LITTLE_ENDIAN) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      this.bytes.set(bytes, this.#at);
    } else {
      const view = viewOf(this.bytes);
      for (const [i, value] of values.entries()) view.setFloat32(this.#at + 4 * i, value, true);
    }
    this.#at += values.byteLength;
  }

  int64s(values: BigInt64Array): void {
    const words = int64Words(values);
    for (let i = 0; i < words.length; i += 2) this.#varint(words[i + LOW]!, words[i + HIGH]!);
  }

  #varint(low: number, high: number): void {
    let [l, h] = [low, high];
    while (h !== 0 || l >= 0x80) {
      this.bytes[this.#at++] = (l & 0x7f) | 0x80;
      l = ((l >>> 7) | (h << 25)) >>> 0;
      h >>>= 7;
    }
    this.bytes[this.#at++] = l;
  }
}
