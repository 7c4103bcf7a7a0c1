import { createHash } from "node:crypto";
import { type PythonJson, parsePythonJson } from "../../../formats/index.js";
import { pythonDumps, pythonStr } from "./python-text.js";

/**
 * The hashes that mltrack may have given the value of which this is the JSON text, likeliest first: SHA-256 of
 * `json.dumps(value, sort_keys=True, default=str)` for objects and arrays, of `str(value)` for all else. An object
 * whose keys were whole numbers has a second one, as they were sorted as numbers; a tuple, stored as an array, has none.
 * Throws `corrupt-format` for what is no JSON of Python.
 */
export function legacyJsonHashes(text: string): string[] {
  const value: PythonJson = parsePythonJson(text, { exactIntegers: "all" });
  if (value === null || typeof value !== "object") return [sha256(pythonStr(value))];
  const plain = pythonDumps(value);
  const numeric = pythonDumps(value, true);
  return plain === numeric ? [sha256(plain)] : [sha256(plain), sha256(numeric)];
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
