import { LITTLE_ENDIAN } from "../little-endian.js";
import { FIELDS, FIXED32, LENGTH_DELIMITED, type TfFeature, VARINT } from "./example.js";
import { HIGH, int64Words, LOW } from "./int64-words.js";
import { corruptExample, MessageReader } from "./message-reader.js";

const EMPTY = new Uint8Array(0);

/**
 * The features of a serialised `tf.train.Example`. Numbers may be packed or not; byte strings are
 * views of `bytes`. Strict, so that no other message is taken for an example: fields that the
 * message does not have, names and fields that come twice, and names that are not UTF-8 throw
 * `corrupt-format`, as damage does. Time and memory grow with the length of `bytes` alone.
 */
export function decodeExample(bytes: Uint8Array): Map<string, TfFeature> {
  const example = new Map<string, TfFeature>();
  const [features = EMPTY] = singleFields(bytes, 1);
  const reader = new MessageReader(features);
  while (reader.next()) {
    if (reader.field !== 1 || reader.wireType !== LENGTH_DELIMITED) throw unknownField(reader);
    const [name = EMPTY, feature = EMPTY] = singleFields(reader.value(), 2);
    const text = decodeName(name);
    if (example.has(text)) throw corruptExample(`feature ${JSON.stringify(text)} comes twice`);
    example.set(text, decodeFeature(feature));
  }
  return example;
}

function decodeFeature(bytes: Uint8Array): TfFeature {
  const lists = singleFields(bytes, 3);
  const present = lists.filter((list) => list !== undefined);
  if (present.length > 1) throw corruptExample("a feature has values of two kinds");
  const [list] = present;
  if (list === undefined) return { kind: "none" };
  const field = lists.indexOf(list) + 1;
  if (field === FIELDS.bytes) {
    return { kind: "bytes", values: [...runs(list, LENGTH_DELIMITED)] };
  }
  if (field === FIELDS.float) return { kind: "float", values: decodeFloats(list) };
  return { kind: "int64", values: decodeInt64s(list) };
}

/** The values of fields 1 to `last`, all strings or messages, each at most once. */
function singleFields(bytes: Uint8Array, last: number): (Uint8Array | undefined)[] {
  const values = new Array<Uint8Array | undefined>(last).fill(undefined);
  const reader = new MessageReader(bytes);
  while (reader.next()) {
    const { field, wireType } = reader;
    if (field < 1 || field > last || wireType !== LENGTH_DELIMITED) throw unknownField(reader);
    if (values[field - 1] !== undefined) throw corruptExample(`field ${field} comes twice`);
    values[field - 1] = reader.value();
  }
  return values;
}

/** The bytes of field 1, which is repeated: one value, or many that are packed. */
function* runs(list: Uint8Array, single: number): Generator<Uint8Array, void, undefined> {
  const reader = new MessageReader(list);
  while (reader.next()) {
    const { field, wireType } = reader;
    if (field !== 1 || (wireType !== single && wireType !== LENGTH_DELIMITED)) {
      throw unknownField(reader);
    }
    yield reader.value();
  }
}

function decodeFloats(list: Uint8Array): Float32Array {
  let length = 0;
  for (const run of runs(list, FIXED32)) {
    if (run.length % 4 !== 0) throw corruptExample("its floats do not take 4 bytes each");
    length += run.length;
  }
  const bytes = Buffer.from(new ArrayBuffer(length));
  let at = 0;
  for (const run of runs(list, FIXED32)) {
    bytes.set(run, at);
    at += run.length;
  }
  if (!LITTLE_ENDIAN) bytes.swap32();
  return new Float32Array(bytes.buffer);
}

function decodeInt64s(list: Uint8Array): BigInt64Array {
  let count = 0;
  for (const run of runs(list, VARINT)) {
    for (let i = 0; i < run.length; i++) if (run[i]! < 0x80) count++;
  }
  const values = new BigInt64Array(count);
  const words = int64Words(values);
  let word = 0;
  for (const run of runs(list, VARINT)) {
    for (let at = 0; at < run.length; word += 2) at = decodeVarint(run, at, words, word);
  }
  return values;
}

/** Puts the 64-bit number at `at` into its two words; gives where the next one begins. */
function decodeVarint(run: Uint8Array, from: number, words: Uint32Array, word: number): number {
  let [low, high] = [0, 0];
  let at = from;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = run[at++];
    if (byte === undefined || (shift === 63 && byte > 1)) break;
    const bits = byte & 0x7f;
    if (shift <= 28) low |= bits << shift;
    if (shift === 28) high |= bits >>> 4;
    if (shift > 28) high |= bits << (shift - 32);
    if (byte < 0x80) {
      words[word + LOW] = low;
      words[word + HIGH] = high;
      return at;
    }
  }
  throw corruptExample("one of its integers has more than 64 bits or does not end");
}

function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw corruptExample("the name of a feature is not UTF-8");
    throw error;
  }
}

function unknownField({ field, wireType }: MessageReader) {
  return corruptExample(
    `it has a field ${field} of wire type ${wireType}, which that message has not`,
  );
}
