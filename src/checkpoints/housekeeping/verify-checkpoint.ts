import { crc32cCombine, sideBySide } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { CheckpointName, NamedManifest, ShardMeta } from "../manifest/index.js";
import { type ShardDamage, ShardReader } from "../shards/index.js";

export interface VerifyOptions extends CallOptions {
  /** Only whether each shard is there, has its size, and its manifest agrees with itself. Default false. */
  readonly quick?: boolean | undefined;
  /** Blocks in flight. Default 16. */
  readonly concurrency?: number | undefined;
  /** Called as logical bytes are checked; quick, as shards are. */
  readonly onProgress?: ((bytes: number, totalBytes: number) => void) | undefined;
}

export interface VerifiedCheckpoint {
  readonly name: CheckpointName;
  /** By rank, then offset; empty if the checkpoint is sound. */
  readonly damages: readonly ShardDamage[];
  readonly shards: number;
  /** Stored bytes of its shards. */
  readonly bytes: number;
  /** Ranks whose shard has no checksum in the manifest: only their size could be checked. */
  readonly unchecked: readonly number[];
}

const DEFAULT_CONCURRENCY = 16;
/** Shards looked at side by side; the blocks in flight are shared out among them. */
const SHARDS_AT_A_TIME = 4;

/** Finds all damage of a checkpoint: shards that are missing, cut, exchanged, or have a bit flipped. */
export async function verifyCheckpoint(
  store: ObjectStore,
  { name, manifest }: NamedManifest,
  options: VerifyOptions = {},
): Promise<VerifiedCheckpoint> {
  const { quick = false, concurrency = DEFAULT_CONCURRENCY } = options;
  const { shards } = manifest;
  const atATime = quick ? concurrency : Math.min(SHARDS_AT_A_TIME, concurrency, shards.length);
  const totalBytes = shards.reduce((sum, shard) => sum + logicalSize(shard), 0);
  let checked = 0;
  const verify = async (shard: ShardMeta, signal: AbortSignal): Promise<readonly ShardDamage[]> => {
    let told = 0;
    const onProgress = (bytes: number): void => {
      checked += bytes - told;
      told = bytes;
      options.onProgress?.(checked, totalBytes);
    };
    try {
      if (quick) return tableDamage(shard) ?? (await sizeDamage(store, shard, signal));
      const reader = new ShardReader(store, shard, {
        concurrency: Math.max(1, Math.floor(concurrency / atATime)),
        signal,
        onProgress,
      });
      return await reader.verify();
    } finally {
      // Damage may have ended it early.
      onProgress(logicalSize(shard));
    }
  };
  const damages = (await sideBySide(shards, atATime, options.signal, verify)).flat();
  const bytes = shards.reduce((sum, { size }) => sum + size, 0);
  const unchecked = quick ? [] : shards.filter(hasNoChecksum).map(({ rank }) => rank);
  return { name, damages, shards: shards.length, bytes, unchecked };
}

function logicalSize({ size, blocks }: ShardMeta): number {
  return blocks?.logicalSize ?? size;
}

function hasNoChecksum({ checksum, blocks }: ShardMeta): boolean {
  return checksum === null && blocks === undefined;
}

/** A plain shard is its blocks: their checksums combined are its own. */
function tableDamage({ rank, key, blocks }: ShardMeta): ShardDamage[] | undefined {
  if (blocks === undefined || key.endsWith(".zst")) return undefined;
  const { logicalSize, blockSize, blockCrc32c, storedCrc32c } = blocks;
  let combined = 0;
  for (const [index, crc] of blockCrc32c.entries()) {
    const length = Math.min(blockSize, logicalSize - index * blockSize);
    combined = crc32cCombine(combined, crc, length);
  }
  if (combined === storedCrc32c) return undefined;
  return [
    { rank, key, offset: 0, reason: "the checksums of its blocks do not make that of the whole" },
  ];
}

async function sizeDamage(
  store: ObjectStore,
  { rank, key, size }: ShardMeta,
  signal: AbortSignal,
): Promise<ShardDamage[]> {
  try {
    const actual = (await store.head(key, { signal })).size;
    if (actual === size) return [];
    const reason = `it has ${actual} bytes, and the manifest says ${size}`;
    return [{ rank, key, offset: Math.min(actual, size), reason }];
  } catch (error) {
    if (!isLodeError(error, "not-found")) throw error;
    return [{ rank, key, offset: 0, reason: "it is missing" }];
  }
}
