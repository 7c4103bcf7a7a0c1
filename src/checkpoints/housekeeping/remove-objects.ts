import { type LodeError, toLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";

export interface RemovalFailure {
  readonly key: string;
  readonly error: LodeError;
}

/** Deletes all of them, whatever becomes of each; gives those that are left. Throws `aborted`. */
export async function removeObjects(
  store: ObjectStore,
  keys: readonly string[],
  options: CallOptions = {},
): Promise<RemovalFailure[]> {
  const left = new Set(keys);
  const failures: RemovalFailure[] = [];
  try {
    for await (const { key, error } of store.deleteMany(keys, options)) {
      left.delete(key);
      if (error !== undefined) failures.push({ key, error });
    }
  } catch (thrown) {
    const error = toLodeError(thrown, "delete", store.uri);
    if (error.code === "aborted") throw error;
    for (const key of left) failures.push({ key, error });
  }
  return failures;
}
