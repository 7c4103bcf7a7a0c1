import { LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import {
  type CheckpointName,
  deleteTag,
  LATEST_KEY,
  listManifests,
  listTags,
  manifestKey,
  type NamedManifest,
  nameOfShardKey,
  nameText,
  newestManifest,
  pendingPrefix,
  readLatest,
  readManifest,
  type ShardMeta,
  sameName,
  swapLatest,
} from "../manifest/index.js";
import { type RemovalFailure, removeObjects } from "./remove-objects.js";

export interface DeleteCheckpointOptions extends CallOptions {
  /** Delete also what tags protect, and the tags with it. Default false. */
  readonly force?: boolean | undefined;
}

export interface DeletedCheckpoint {
  readonly name: CheckpointName;
  /** Shards that are gone. */
  readonly shards: number;
  /** Stored bytes of these shards. */
  readonly bytes: number;
  /** Shards of the manifest that lie in the folder of another checkpoint, and were left there. */
  readonly foreign: readonly string[];
  /** Tags that went with it. */
  readonly tags: readonly string[];
  /** What could not be deleted; nothing needs it any more, and `prune` tries again. */
  readonly failures: readonly RemovalFailure[];
}

/** Attempts to move `latest.json` away while others move it too. */
const ATTEMPTS = 20;

/**
 * Deletes a checkpoint: first what points to it, then the manifest, which ends it, then its shards. It
 * may be stopped at any moment: what is left is a checkpoint, or leftovers for `prune`. Throws `not-found`,
 * and `precondition-failed` naming the tags that protect it.
 */
export async function deleteCheckpoint(
  store: ObjectStore,
  name: CheckpointName,
  { force = false, signal }: DeleteCheckpointOptions = {},
): Promise<DeletedCheckpoint> {
  const manifest = await readManifest(store, name, { signal });
  const tags = [...(await listTags(store, { signal }))]
    .filter(([, tagged]) => sameName(tagged, name))
    .map(([tag]) => tag);
  if (tags.length > 0 && !force) {
    throw new LodeError({
      code: "precondition-failed",
      message: `${nameText(name)} is protected by the tag ${tags.join(", ")}; take it away first, or force the deletion`,
      operation: "delete",
      uri: store.uriOf(manifestKey(name)),
      details: { tags },
    });
  }
  for (const tag of tags) await deleteTag(store, tag, { signal });
  const names: CheckpointName[] = [];
  for await (const listed of listManifests(store, { signal })) names.push(listed.name);
  return { ...(await removeCheckpoint(store, { name, manifest }, names, { signal })), tags };
}

/** As {@link deleteCheckpoint}, without a look at tags. `names` are the checkpoints of the store. */
export async function removeCheckpoint(
  store: ObjectStore,
  { name, manifest }: NamedManifest,
  names: readonly CheckpointName[],
  { signal }: CallOptions = {},
): Promise<Omit<DeletedCheckpoint, "tags">> {
  await leaveLatest(store, name, signal);
  await store.delete(manifestKey(name), { signal });
  const others = new Set(names.filter((other) => !sameName(other, name)).map(nameText));
  const own: ShardMeta[] = [];
  const foreign: string[] = [];
  for (const shard of manifest.shards) {
    // A manifest from outside must not get the shards of others deleted.
    const owner = nameOfShardKey(shard.key);
    const isOwn = owner !== undefined && owner.step === name.step && !others.has(nameText(owner));
    if (isOwn) own.push(shard);
    else foreign.push(shard.key);
  }
  const keys = own.map(({ key }) => key);
  for await (const { key } of store.list({ prefix: pendingPrefix(name), signal })) keys.push(key);
  const failures = await removeObjects(store, keys, { signal });
  const left = new Set(failures.map(({ key }) => key));
  const gone = own.filter(({ key }) => !left.has(key));
  const bytes = gone.reduce((sum, { size }) => sum + size, 0);
  return { name, shards: gone.length, bytes, foreign, failures };
}

/** Moves `latest.json` to the newest of the others if it points to the checkpoint. */
async function leaveLatest(
  store: ObjectStore,
  name: CheckpointName,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const latest = await readLatest(store, { signal });
    if (latest === undefined || !sameName(latest.name, name)) return;
    const newest = await newestManifest(store, {
      signal,
      except: (other) => sameName(other, name),
      // The pointer goes to what can be loaded; `list` and `verify` tell of the others.
      onUnreadable: () => undefined,
    });
    if (newest === undefined) {
      // Readers who find no pointer look for the newest manifest: one that comes now is found.
      await store.delete(LATEST_KEY, { signal });
      return;
    }
    if (await swapLatest(store, latest, newest.name, { signal })) return;
  }
  throw new LodeError({
    code: "precondition-failed",
    retry: "exhausted",
    message: `${store.uriOf(LATEST_KEY)} was changed by others at each of ${ATTEMPTS} attempts to move it away from ${nameText(name)}; nothing was deleted`,
    uri: store.uriOf(LATEST_KEY),
  });
}
