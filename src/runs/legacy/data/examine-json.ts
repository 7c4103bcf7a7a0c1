import { type Digest, jsonDigest } from "../../../cas/index.js";
import { isLodeError, LodeError } from "../../../errors.js";
import { type PythonJson, parsePythonJson } from "../../../formats/index.js";
import { legacyJsonHashes } from "../legacy-hash/index.js";
import type { Examined, LegacyAlgorithm } from "./examined.js";

const V1_HASHED_PRINT_OUT =
  "mltrack's v1 hashed how Python prints it, which depends on the order of its keys";

/**
 * A JSON object: its logical digest, and the hashes that mltrack may have given it. What only Python takes for JSON, as NaN
 * and integers beyond 2^53, has no digest, and Python's name for its type. Throws `corrupt-format`.
 */
export function examineJson(bytes: Uint8Array, algorithm: LegacyAlgorithm): Examined {
  const text = decode(bytes);
  const value = parsePythonJson(text, { exactIntegers: true });
  const digest = digestOf(value);
  const type = digest === undefined ? pythonType(value) : "json";
  return algorithm === "md5"
    ? { type, digest, hashes: [], unverifiable: V1_HASHED_PRINT_OUT }
    : { type, digest, hashes: legacyJsonHashes(text) };
}

function digestOf(value: PythonJson): Digest | undefined {
  try {
    return jsonDigest(value);
  } catch (error) {
    if (isLodeError(error, "invalid-argument")) return undefined;
    throw error;
  }
}

function pythonType(value: PythonJson): string {
  if (Array.isArray(value)) return "list";
  if (typeof value === "object") return "dict";
  if (typeof value === "string") return "str";
  return typeof value === "bigint" ? "int" : "float";
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new LodeError({ code: "corrupt-format", message: "the JSON is not UTF-8", cause });
  }
}
