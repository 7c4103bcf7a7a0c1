import { isLodeError, LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import {
  type CheckpointName,
  checkpointName,
  encodeManifest,
  FORMAT_VERSION,
  formatWallTime,
  nameText,
  type PendingRecord,
  parsePending,
  pendingKey,
  putPending,
} from "../manifest/index.js";
import { taken } from "./claim.js";
import type { CheckpointFacts, SaveProgress } from "./save-options.js";

export interface RankOptions extends CheckpointFacts {
  /** Of this process, from 0. */
  readonly rank: number;
  /** How many ranks save together. */
  readonly worldSize: number;
  /** The same for all ranks, and new for each attempt: `newCheckpointId` makes one. */
  readonly id: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SaveProgress) => void) | undefined;
}

/** What all records of one checkpoint must agree on, and when this rank began. */
export type RankFacts = Omit<PendingRecord, "shard">;

/** Throws `invalid-argument` for what a manifest cannot tell. */
export function planRank(options: RankOptions): { name: CheckpointName; facts: RankFacts } {
  const { step, epoch = 0, framework = "generic", rank, worldSize, id } = options;
  const name = checkpointName(step, id);
  const facts: RankFacts = {
    formatVersion: FORMAT_VERSION,
    framework,
    globalStep: step,
    epoch,
    wallTime: formatWallTime(new Date()),
    worldSize,
  };
  encodeManifest({ ...facts, shards: [], status: "incomplete", userMeta: null });
  if (!Number.isSafeInteger(rank) || rank < 0 || rank >= worldSize) {
    throw new LodeError({
      code: "invalid-argument",
      message: `rank ${rank} is none of a world of ${worldSize}: ranks go from 0 to ${worldSize - 1}`,
    });
  }
  return { name, facts };
}

/** Tells the others that the shard is stored; again, that is no error. Throws `already-exists`. */
export async function announceShard(
  store: ObjectStore,
  name: CheckpointName,
  record: PendingRecord,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await putPending(store, name, record, { signal });
  } catch (error) {
    if (!isLodeError(error, "already-exists")) throw error;
    const { rank, key } = record.shard;
    const there = await readRecord(store, name, rank, signal);
    if (there !== undefined && there.shard.key !== key) {
      throw taken(store, name, `has another shard of rank ${rank}`);
    }
  }
}

/** What the rank has left in the store; undefined if there is nothing. */
export async function readRecord(
  store: ObjectStore,
  name: CheckpointName,
  rank: number,
  signal: AbortSignal | undefined,
): Promise<PendingRecord | undefined> {
  const key = pendingKey(name, rank);
  try {
    return parsePending(await store.text(key, { signal }), store.uriOf(key));
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}

export function nothingStored(name: CheckpointName, rank: number): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `rank ${rank} of ${nameText(name)} has stored no shard; call write, putShard or putTensors before finalize`,
    operation: "finalize",
  });
}
