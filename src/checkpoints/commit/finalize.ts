import { isLodeError, LodeError } from "../../errors.js";
import type { CheckpointContext } from "../context.js";
import {
  type CheckpointManifest,
  type CheckpointName,
  manifestKey,
  type NamedManifest,
  nameText,
  type PendingRecord,
  pendingPrefix,
  readManifest,
  type ShardMeta,
} from "../manifest/index.js";
import { lookUntil } from "./back-off.js";
import { taken } from "./claim.js";
import { discard } from "./discard.js";
import { checkAgrees, gatherRecords } from "./gather-records.js";
import { announce, commit } from "./publish.js";
import { announceShard, nothingStored, type RankFacts, readRecord } from "./rank-record.js";
import type { CommitFacts, SaveProgress } from "./save-options.js";

export interface FinalizeOptions extends CommitFacts {
  /** How long to wait for the other ranks, in milliseconds. Default 10 minutes. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SaveProgress) => void) | undefined;
}

const DEFAULT_TIMEOUT_MS = 600_000;

/** What one rank comes with. */
export interface RankPart {
  readonly facts: RankFacts;
  readonly rank: number;
  /** Undefined in a process that has written none: an earlier one may have. */
  readonly shard: ShardMeta | undefined;
  /** False if this process has announced the shard before. */
  readonly isFirst: boolean;
}

/** Announces the shard and waits for the commit, which is rank 0's to make. */
export async function finalizeRank(
  context: CheckpointContext,
  name: CheckpointName,
  { facts, rank, shard, isFirst }: RankPart,
  options: FinalizeOptions,
): Promise<NamedManifest> {
  const { store } = context;
  if (shard === undefined || !isFirst) {
    // Its records may be gone, so look for the checkpoint first.
    const manifest = await readCommitted(context, name, options.signal);
    if (manifest !== undefined) {
      checkHolds(context, name, manifest, facts, rank, shard);
      return rank === 0 ? conclude(context, { name, manifest }, options) : { name, manifest };
    }
  }
  let record: PendingRecord | undefined;
  if (shard === undefined) {
    record = await readRecord(store, name, rank, options.signal);
    if (record === undefined) throw nothingStored(name, rank);
    checkAgrees(name, { ...facts, shard: record.shard }, record);
  } else {
    record = { ...facts, shard };
    await announceShard(store, name, record, options.signal);
  }
  return rank === 0
    ? commitRanks(context, name, record, options)
    : awaitCommit(context, name, record, options);
}

/** Rank 0's part: waits for the records of all ranks and makes a checkpoint of them. */
async function commitRanks(
  context: CheckpointContext,
  name: CheckpointName,
  own: PendingRecord,
  options: FinalizeOptions,
): Promise<NamedManifest> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, signal, onProgress } = options;
  const { userMeta = null, metrics } = options;
  const totalBytes = own.worldSize;
  const records = await gatherRecords(context, name, own, {
    timeoutMs,
    signal,
    onProgress: (bytes) => onProgress?.({ phase: "ranks", rank: undefined, bytes, totalBytes }),
  });
  const { shard: _, ...facts } = own;
  const shards = records.map((record) => record.shard);
  onProgress?.({ phase: "commit", rank: undefined, bytes: 0, totalBytes: undefined });
  const manifest = await commit(
    context,
    name,
    { ...facts, shards, status: "complete", userMeta, metrics },
    signal,
  );
  return conclude(context, { name, manifest }, options);
}

/** What rank 0 does behind the commit; doing it again is no harm. */
async function conclude(
  context: CheckpointContext,
  committed: NamedManifest,
  { tags = [], signal }: FinalizeOptions,
): Promise<NamedManifest> {
  const { name, manifest } = committed;
  await announce(context, name, manifest, tags, signal);
  const keys: string[] = [];
  for await (const { key } of context.store.list({ prefix: pendingPrefix(name), signal })) {
    keys.push(key);
  }
  const left = await discard(context.store, keys);
  if (left !== undefined) {
    context.onWarning({
      code: "leftover",
      message: `${nameText(name)} is committed, but ${left.keys.length} records of its ranks could not be deleted (${left.reason.message}); prune removes them`,
    });
  }
  return committed;
}

/** The other ranks' part: waits until the checkpoint is there, with this rank's shard in it. */
async function awaitCommit(
  context: CheckpointContext,
  name: CheckpointName,
  own: PendingRecord,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: FinalizeOptions,
): Promise<NamedManifest> {
  const manifest = await lookUntil(() => readCommitted(context, name, signal), {
    timeoutMs,
    signal,
  });
  if (manifest === undefined) {
    throw new LodeError({
      code: "timeout",
      message: `rank 0 has not committed ${nameText(name)} within ${timeoutMs / 1000} s; call finalize again to go on waiting, or save anew under another id`,
      operation: "finalize",
      uri: context.store.uriOf(manifestKey(name)),
    });
  }
  checkHolds(context, name, manifest, own, own.shard.rank, own.shard);
  return { name, manifest };
}

/** Throws `already-exists` if the checkpoint is another attempt's. */
function checkHolds(
  { store }: CheckpointContext,
  name: CheckpointName,
  manifest: CheckpointManifest,
  facts: RankFacts,
  rank: number,
  shard: ShardMeta | undefined,
): void {
  const same =
    manifest.worldSize === facts.worldSize &&
    manifest.shards.some(
      (one) => one.rank === rank && (shard === undefined || one.key === shard.key),
    );
  if (!same) throw taken(store, name, `was committed without this shard of rank ${rank}`);
}

/** Undefined if the checkpoint is not committed. */
async function readCommitted(
  { store }: CheckpointContext,
  name: CheckpointName,
  signal: AbortSignal | undefined,
): Promise<CheckpointManifest | undefined> {
  try {
    return await readManifest(store, name, { signal });
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}
