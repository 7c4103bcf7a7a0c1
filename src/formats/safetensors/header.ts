import { LodeError } from "../../errors.js";
import { LONE_SURROGATE } from "../lone-surrogate.js";
import { corruptSafetensors, quoted } from "./corrupt-safetensors.js";
import { isTensorDtype, shapeText, type TensorDtype, tensorBytes } from "./dtype.js";
import { parseUniqueJson, type UniqueJson } from "./unique-json.js";

/** What the header tells of a tensor. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: TensorDtype;
  /** In elements, outermost axis first. */
  readonly shape: readonly number[];
  /** Where its elements are, in bytes from the beginning of the file. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of the file. */
  readonly tensors: readonly TensorInfo[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** The header's length, which it begins with, as u64. */
export const PREFIX_BYTES = 8;
/** `MAX_HEADER_SIZE` of the reference implementation. */
export const MAX_HEADER_BYTES = 100_000_000;
export const METADATA_KEY = "__metadata__";

/** Types of the format whose elements do not fill bytes. */
const PACKED_DTYPES = ["F4", "F6_E2M3", "F6_E3M2"];

/**
 * Parses the JSON of a header and checks it as the reference implementation does: tensors lie one behind
 * the other, as long as dtype and shape say, and fill the `size` bytes of the file. Throws
 * `corrupt-format`, and `unsupported` for a dtype of less than a byte.
 */
export function parseHeader(json: Uint8Array, size: number): SafetensorsHeader {
  const root = parseUniqueJson(decodeText(json));
  if (!(root instanceof Map)) throw corruptSafetensors("its header is no JSON object");
  const from = PREFIX_BYTES + json.length;
  const tensors: TensorInfo[] = [];
  for (const [name, value] of root as ReadonlyMap<string, UniqueJson>) {
    if (name !== METADATA_KEY) tensors.push(parseTensor(name, value, from));
  }
  tensors.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = from;
  for (const { name, start, end } of tensors) {
    if (start !== at) {
      throw corruptSafetensors(
        `tensor ${quoted(name)} begins at byte ${start - from} of the data, the one before ends at ${at - from}`,
      );
    }
    at = end;
  }
  if (at !== size) {
    throw corruptSafetensors(`its tensors end at byte ${at}, the file has ${size}`);
  }
  return { tensors, metadata: parseMetadata(root.get(METADATA_KEY)) };
}

function decodeText(json: Uint8Array): string {
  // The format's own rule; JSON allows spaces in front.
  if (json[0] !== 0x7b) throw corruptSafetensors("its header does not begin with {");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json);
  } catch (error) {
    throw corruptSafetensors("its header is no UTF-8", error);
  }
}

function parseTensor(name: string, value: UniqueJson, from: number): TensorInfo {
  if (LONE_SURROGATE.test(name)) throw corruptSafetensors("a name has half a surrogate pair");
  if (!(value instanceof Map)) throw corruptSafetensors(`tensor ${quoted(name)} is no object`);
  const dtype: UniqueJson | undefined = value.get("dtype");
  const shape = wholeNumbers(value.get("shape"));
  const offsets = wholeNumbers(value.get("data_offsets"));
  if (typeof dtype !== "string" || shape === undefined || offsets?.length !== 2) {
    throw corruptSafetensors(
      `tensor ${quoted(name)} must have a dtype, a shape of whole numbers and two data_offsets`,
    );
  }
  if (!isTensorDtype(dtype)) throw unknownDtype(name, dtype);
  const [start, end] = offsets as [number, number];
  const bytes = sizeInFile(name, dtype, shape);
  if (end - start !== bytes) {
    throw corruptSafetensors(
      `tensor ${quoted(name)} has data from byte ${start} to ${end} where its ${dtype} of shape ${shapeText(shape)} take ${bytes} bytes`,
    );
  }
  return { name, dtype, shape, start: from + start, end: from + end };
}

function parseMetadata(value: UniqueJson | undefined): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (value === undefined || value === null) return metadata;
  if (!(value instanceof Map)) throw corruptSafetensors(`${METADATA_KEY} is no object`);
  for (const [key, text] of value as ReadonlyMap<string, UniqueJson>) {
    if (typeof text !== "string") {
      throw corruptSafetensors(`${quoted(key)} of ${METADATA_KEY} is no string`);
    }
    metadata.set(key, text);
  }
  return metadata;
}

function wholeNumbers(value: UniqueJson | undefined): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((n) => Number.isSafeInteger(n)) ? value : undefined;
}

function sizeInFile(name: string, dtype: TensorDtype, shape: readonly number[]): number {
  try {
    return tensorBytes(dtype, shape);
  } catch (error) {
    throw corruptSafetensors(`tensor ${quoted(name)} has a ${dtype} shape that cannot be`, error);
  }
}

function unknownDtype(name: string, dtype: string): LodeError {
  if (!PACKED_DTYPES.includes(dtype)) {
    return corruptSafetensors(`tensor ${quoted(name)} has the unknown dtype ${quoted(dtype)}`);
  }
  return new LodeError({
    code: "unsupported",
    message: `tensor ${quoted(name)} is ${dtype}, whose elements take less than a byte, which is not read; save it as U8`,
  });
}
