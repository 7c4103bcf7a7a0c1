import { isLodeError } from "../../errors.js";
import type { ObjectMeta, ObjectStore } from "../../storage/index.js";

/**
 * The object of exactly this name, or nothing. A name that the store cannot hold (a pattern with
 * characters of its own) is no object either.
 */
export async function findObject(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<ObjectMeta | undefined> {
  try {
    return await store.head(key, { signal });
  } catch (error) {
    if (isLodeError(error, "not-found", "invalid-key")) return undefined;
    throw error;
  }
}
