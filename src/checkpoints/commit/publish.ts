import { isLodeError, LodeError, throwIfAborted, toLodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { CheckpointContext } from "../context.js";
import {
  type CheckpointManifest,
  type CheckpointName,
  manifestKey,
  moveLatest,
  nameText,
  putManifest,
  putTag,
  readManifest,
} from "../manifest/index.js";
import { taken } from "./claim.js";

/** Failures after which the store may yet take the manifest, also where it is not there now. */
const LOST = ["connection", "timeout", "aborted"] as const;

/**
 * The commit: the manifest appears under its key, or it does not. One that is there with the same
 * shards is this checkpoint, committed before. Throws `already-exists` for any other; an error whose
 * `details.committed` is "unknown" where the store's answer was lost.
 */
export async function commit(
  { store }: CheckpointContext,
  name: CheckpointName,
  manifest: CheckpointManifest,
  signal: AbortSignal | undefined,
): Promise<CheckpointManifest> {
  throwIfAborted(signal, "save");
  try {
    await putManifest(store, name, manifest, { signal });
    return manifest;
  } catch (error) {
    const own = toLodeError(error, "put", store.uriOf(manifestKey(name)));
    const there = await manifestAfter(store, name, own);
    if (there !== undefined && haveSameShards(there, manifest)) return there;
    if (there !== undefined) throw taken(store, name, "has been saved by another");
    throw own;
  }
}

/** The manifest that is there in spite of the failure; undefined if it is certain that there is none. */
async function manifestAfter(
  store: ObjectStore,
  name: CheckpointName,
  failure: LodeError,
): Promise<CheckpointManifest | undefined> {
  try {
    // Without a signal: if it has fired, what it stopped must be known all the more.
    return await readManifest(store, name);
  } catch (error) {
    if (isLodeError(error, "not-found") && !isLodeError(failure, ...LOST)) return undefined;
    throw failure.with({
      message: `whether ${nameText(name)} is committed is not known, since the answer of the store was lost (${failure.message}); look for its manifest before saving again`,
      details: { committed: "unknown" },
    });
  }
}

/** Keys of shards are never written twice, so that the same keys are the same bytes. */
function haveSameShards(a: CheckpointManifest, b: CheckpointManifest): boolean {
  return (
    a.shards.length === b.shards.length &&
    a.shards.every((shard, index) => shard.key === b.shards[index]?.key)
  );
}

/**
 * What follows the commit: moves the pointer and sets the tags. A failure here leaves a checkpoint that is
 * committed, and says so (`details.committed` is true).
 */
export async function announce(
  { store }: CheckpointContext,
  name: CheckpointName,
  manifest: CheckpointManifest,
  tags: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await moveLatest(store, name, manifest, { signal });
    for (const tag of tags) await putTag(store, tag, name, { move: true, signal });
  } catch (error) {
    const own = toLodeError(error, "save", store.uriOf(manifestKey(name)));
    throw new LodeError({
      code: own.code,
      retry: own.retry,
      message: `${nameText(name)} is committed, but latest.json or its tags could not be written (${own.message}): repair mends the pointer`,
      operation: own.operation,
      uri: own.uri,
      details: { ...own.details, committed: true },
      cause: own,
    });
  }
}
