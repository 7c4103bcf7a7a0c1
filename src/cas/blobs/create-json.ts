import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";

/** Writes a JSON document unless it is there; false if it is. */
export async function createJson(
  store: ObjectStore,
  key: string,
  text: string,
  options: CallOptions = {},
): Promise<boolean> {
  const { contentType } = store.capabilities;
  try {
    await store.put(key, text, {
      ...options,
      mode: "create",
      ...(contentType ? { contentType: "application/json" } : {}),
    });
    return true;
  } catch (error) {
    if (isLodeError(error, "already-exists")) return false;
    throw error;
  }
}
