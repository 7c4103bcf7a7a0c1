import { isLodeError } from "../../../errors.js";
import { examineArray } from "./examine-array.js";
import { examineJson } from "./examine-json.js";
import { examineTable } from "./examine-table.js";
import type { Examined, LegacyAlgorithm } from "./examined.js";
import type { PinnedContent } from "./pinned-content.js";

/** Larger texts are kept as they are. */
const MAX_JSON_BYTES = 256 * 1024 * 1024;
const TYPES: Readonly<Record<string, string>> = { parquet: "table", npy: "array", json: "json" };

/**
 * Looks into a stored object: what it is, its logical digest, and the hashes by which mltrack would have named it. An
 * object that cannot be read is told as such and does not throw; what fails on the way to the store does.
 */
export async function examine(
  content: PinnedContent,
  format: string,
  algorithm: LegacyAlgorithm,
  signal?: AbortSignal | undefined,
): Promise<Examined> {
  const type = TYPES[format];
  if (type === undefined) {
    return { type: "file", hashes: [], unverifiable: `what is in a .${format} is not looked into` };
  }
  try {
    if (type === "table") return await examineTable(content.reader(), algorithm, signal);
    if (type === "array") return await examineArray(content.reader(), algorithm, signal);
    if (content.meta.size > MAX_JSON_BYTES) {
      const unverifiable = `it has ${content.meta.size} bytes of JSON, more than are looked into`;
      return { type, hashes: [], unverifiable };
    }
    return examineJson(await content.bytes(), algorithm);
  } catch (error) {
    // Errors of the store name its object.
    if (!isLodeError(error) || error.uri !== undefined) throw error;
    if (error.code === "unsupported") {
      return { type: "file", hashes: [], unverifiable: error.message };
    }
    if (error.code !== "corrupt-format" && error.code !== "integrity") throw error;
    return { type: "file", hashes: [], damage: error.message };
  }
}
