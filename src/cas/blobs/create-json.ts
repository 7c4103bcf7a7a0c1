import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";

/** Writes a JSON document unless it is there; false if it is. */
export async function createJson(
  store: ObjectStore,
  key: string,
  text: string,
  options: CallOptions = {},
): Promise<boolean> {
  try {
    await putJson(store, key, text, "create", options);
    return true;
  } catch (error) {
    if (isLodeError(error, "already-exists")) return false;
    throw error;
  }
}

/** Writes a JSON document, said to be one where the store keeps types. */
export async function putJson(
  store: ObjectStore,
  key: string,
  text: string,
  mode: "create" | "overwrite",
  { signal }: CallOptions = {},
): Promise<void> {
  const { contentType } = store.capabilities;
  const type = contentType ? { contentType: "application/json" } : {};
  await store.put(key, text, { mode, signal, ...type });
}
