import { type LodeError, toLodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";

/** Objects that could not be deleted, and why. */
export interface Leftovers {
  readonly keys: readonly string[];
  readonly reason: LodeError;
}

/**
 * Deletes what a call that failed has written; undefined if all of it is gone. Takes no signal: the
 * caller's has often fired, which must not stop the cleaning.
 */
export async function discard(
  store: ObjectStore,
  keys: readonly string[],
): Promise<Leftovers | undefined> {
  const left = new Set(keys);
  let reason: LodeError | undefined;
  try {
    for await (const { key, error } of store.deleteMany(keys)) {
      if (error === undefined) left.delete(key);
      else reason ??= error;
    }
  } catch (error) {
    reason = toLodeError(error, "delete", store.uri);
  }
  return reason === undefined ? undefined : { keys: [...left], reason };
}

/** The failure, once what the call has written is deleted; it tells of what could not be. */
export async function cleaned(
  store: ObjectStore,
  failure: LodeError,
  keys: readonly string[],
): Promise<LodeError> {
  const leftovers = await discard(store, keys);
  if (leftovers === undefined) return failure;
  const { keys: left, reason } = leftovers;
  return failure.with({
    message: `${failure.message}; ${left.length} objects that it had written are left, since deleting them failed (${reason.message}): prune removes them`,
    details: { leftovers: left },
  });
}
