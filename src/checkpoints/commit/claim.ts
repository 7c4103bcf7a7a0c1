import { isLodeError, LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import type { CheckpointContext } from "../context.js";
import { type CheckpointName, manifestKey, nameText, pendingPrefix } from "../manifest/index.js";
import { discard } from "./discard.js";

/**
 * Takes a name that the caller chose, so that of several processes that save under it exactly one
 * goes on: without this, each could win a shard and none all. Names with a random id need none.
 * Throws `already-exists`.
 */
export async function claimName(
  context: CheckpointContext,
  name: CheckpointName,
  signal: AbortSignal | undefined,
): Promise<() => Promise<void>> {
  const { store } = context;
  const key = claimKey(name);
  try {
    await putJson(store, key, "{}", { mode: "create", signal });
  } catch (error) {
    if (!isLodeError(error, "already-exists")) throw error;
    throw taken(store, name, "is being saved, or was begun and given up");
  }
  const release = async (): Promise<void> => {
    const left = await discard(store, [key]);
    if (left === undefined) return;
    context.onWarning({
      code: "leftover",
      message: `${store.uriOf(key)} could not be deleted (${left.reason.message}); prune removes it`,
    });
  };
  try {
    if (await store.exists(manifestKey(name), { signal })) {
      throw taken(store, name, "has been saved");
    }
  } catch (error) {
    await release();
    throw error;
  }
  return release;
}

/** Beside the records of ranks, where leftovers are looked for. */
function claimKey(name: CheckpointName): string {
  return `${pendingPrefix(name)}claim.json`;
}

export function taken(store: ObjectStore, name: CheckpointName, how: string): LodeError {
  const uri = store.uriOf(manifestKey(name));
  return new LodeError({
    code: "already-exists",
    message: `${nameText(name)} ${how}; give each attempt an id of its own`,
    operation: "save",
    uri,
  });
}
