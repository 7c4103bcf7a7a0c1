import { toLodeError } from "../../errors.js";
import type { CheckpointContext } from "../context.js";
import {
  type CheckpointManifest,
  type CheckpointName,
  checkId,
  checkpointName,
  encodeManifest,
  FORMAT_VERSION,
  formatWallTime,
  manifestKey,
  type NamedManifest,
  newCheckpointId,
  type ShardMeta,
} from "../manifest/index.js";
import type { ShardSource } from "../shards/index.js";
import { claimName } from "./claim.js";
import { cleaned } from "./discard.js";
import { announce, commit } from "./publish.js";
import type { SaveOptions } from "./save-options.js";
import { writeShards } from "./write-shards.js";

/** A checkpoint that is to be saved: its name is fixed and its facts are checked. */
export interface PlannedSave {
  readonly name: CheckpointName;
  readonly options: Omit<SaveOptions, "shards">;
  /** Without shards. */
  readonly manifest: CheckpointManifest;
}

/** Throws `invalid-argument` for what a manifest cannot tell, before anything is written. */
export function planSave(options: SaveOptions): PlannedSave {
  const { step, epoch = 0, framework = "generic", userMeta = null, metrics, tags = [] } = options;
  for (const tag of tags) checkId(tag, "a tag");
  const name = checkpointName(step, options.id ?? newCheckpointId());
  const manifest: CheckpointManifest = {
    formatVersion: FORMAT_VERSION,
    framework,
    globalStep: step,
    epoch,
    wallTime: formatWallTime(new Date()),
    worldSize: options.shards.length,
    shards: [],
    status: "complete",
    userMeta,
    metrics,
  };
  encodeManifest({ ...manifest, status: "incomplete" });
  return { name, options, manifest };
}

/**
 * Saves a checkpoint of which this process holds all shards. Until its manifest is put nothing of it
 * is visible; after a failure before that, what was written is deleted. Throws `already-exists` for a
 * name that is taken, `aborted`, and what the store throws; `details.committed` is true or "unknown"
 * where the failure came after the manifest or on it.
 */
export async function saveCheckpoint(
  context: CheckpointContext,
  { name, options, manifest }: PlannedSave,
  sources: readonly ShardSource[],
): Promise<NamedManifest> {
  const { id, signal, onProgress, tags = [] } = options;
  // A random id is nobody else's.
  const release = id === undefined ? undefined : await claimName(context, name, signal);
  try {
    const { shards, failure, touched } = await writeShards(
      context,
      name,
      sources.map((source, rank) => ({ rank, source })),
      {
        signal,
        onProgress: (rank, bytes, totalBytes) =>
          onProgress?.({ phase: "shards", rank, bytes, totalBytes }),
      },
    );
    if (failure !== undefined) throw await cleaned(context.store, failure, touched);
    const committed = await commitShards(context, name, { ...manifest, shards }, options);
    await announce(context, name, committed, tags, signal);
    return { name, manifest: committed };
  } finally {
    await release?.();
  }
}

async function commitShards(
  context: CheckpointContext,
  name: CheckpointName,
  manifest: CheckpointManifest,
  { signal, onProgress }: PlannedSave["options"],
): Promise<CheckpointManifest> {
  try {
    onProgress?.({ phase: "commit", rank: undefined, bytes: 0, totalBytes: undefined });
    return await commit(context, name, manifest, signal);
  } catch (error) {
    const own = toLodeError(error, "save", context.store.uriOf(manifestKey(name)));
    // A manifest that may yet appear must find its shards.
    if (own.details.committed === "unknown") throw own;
    throw await cleaned(context.store, own, manifest.shards.map(keyOf));
  }
}

function keyOf({ key }: ShardMeta): string {
  return key;
}
