import type { CallOptions, WriteMode, WriteResult } from "../backend.js";
import type { ObjectStore } from "../object-store.js";

/** Writes a JSON document, marked as such where the store keeps types of content. */
export function putJson(
  store: ObjectStore,
  key: string,
  text: string,
  options: CallOptions & { readonly mode: WriteMode },
): Promise<WriteResult> {
  const { contentType } = store.capabilities;
  return store.put(
    key,
    text,
    contentType ? { ...options, contentType: "application/json" } : options,
  );
}
