import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";

/** Writes a JSON document unless it is there; false if it is. */
export async function createJson(
  store: ObjectStore,
  key: string,
  text: string,
  options: CallOptions = {},
): Promise<boolean> {
  try {
    await putJson(store, key, text, { ...options, mode: "create" });
    return true;
  } catch (error) {
    if (isLodeError(error, "already-exists")) return false;
    throw error;
  }
}
