import { compareKeys } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import { viewOf } from "../little-endian.js";
import { LONE_SURROGATE } from "../lone-surrogate.js";
import { quoted } from "./corrupt-safetensors.js";
import { TENSOR_DTYPES, type Tensor } from "./dtype.js";
import { MAX_HEADER_BYTES, METADATA_KEY, PREFIX_BYTES } from "./header.js";
import { asTensor, type TensorInputs, tensorToBytes } from "./tensor-input.js";

/** The header is filled with spaces to a multiple of this, so that elements are aligned. */
const ALIGNMENT = 8;
/** From the widest elements to the narrowest, as the reference implementation orders them. */
const ORDER = Object.keys(TENSOR_DTYPES).reverse();

/**
 * A safetensors file as pieces: the header, then each tensor's own memory, not a copy, by dtype and name as
 * the reference implementation has them. Format: https://github.com/huggingface/safetensors. Throws
 * `invalid-argument` for a tensor that does not fit its dtype or shape, and for names and metadata that
 * a header cannot hold.
 */
export function safetensorsPieces(
  inputs: TensorInputs,
  metadata: ReadonlyMap<string, string> | Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const tensors = entriesOf(inputs).map(([name, input]) => {
    if (name === METADATA_KEY) throw invalid(`${METADATA_KEY} is no name for a tensor`);
    checkText(name, "the name of a tensor");
    return { name, tensor: asTensor(name, input) };
  });
  tensors.sort((a, b) => rank(a.tensor) - rank(b.tensor) || compareKeys(a.name, b.name));
  const fields: string[] = [];
  const texts = entriesOf(metadata);
  if (texts.length > 0) fields.push(`${JSON.stringify(METADATA_KEY)}:${metadataJson(texts)}`);
  let at = 0;
  for (const { name, tensor } of tensors) {
    const { dtype, shape, data } = tensor;
    const info = { dtype, shape, data_offsets: [at, at + data.byteLength] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    at += data.byteLength;
  }
  const pieces = [headerBytes(`{${fields.join(",")}}`)];
  for (const { tensor } of tensors) {
    if (tensor.data.byteLength > 0) pieces.push(tensorToBytes(tensor));
  }
  return pieces;
}

function rank({ dtype }: Tensor): number {
  return ORDER.indexOf(dtype);
}

function entriesOf<T>(source: ReadonlyMap<string, T> | Readonly<Record<string, T>>): [string, T][] {
  return source instanceof Map ? [...source] : Object.entries(source);
}

function metadataJson(texts: readonly [string, string][]): string {
  const fields = texts.map(([key, text]) => {
    if (typeof text !== "string") throw invalid(`metadata ${quoted(key)} is no string`);
    checkText(key, "a key of metadata");
    checkText(text, `metadata ${quoted(key)}`);
    // Not as one object, in which a key like __proto__ would be lost.
    return `${JSON.stringify(key)}:${JSON.stringify(text)}`;
  });
  return `{${fields.join(",")}}`;
}

function headerBytes(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const padded = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  if (padded > MAX_HEADER_BYTES) {
    throw invalid(`its header takes ${padded} bytes; ${MAX_HEADER_BYTES} are the most`);
  }
  const bytes = new Uint8Array(PREFIX_BYTES + padded).fill(0x20);
  viewOf(bytes).setBigUint64(0, BigInt(padded), true);
  bytes.set(text, PREFIX_BYTES);
  return bytes;
}

function checkText(text: string, what: string): void {
  if (LONE_SURROGATE.test(text)) {
    throw invalid(`${what} has half a surrogate pair, which UTF-8 has no bytes for`);
  }
}

function invalid(why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the safetensors file cannot be written: ${why}`,
  });
}
