import { sideBySide } from "../../core/index.js";
import { type LodeError, toLodeError } from "../../errors.js";
import type { CheckpointContext } from "../context.js";
import { type CheckpointName, type ShardMeta, shardKey } from "../manifest/index.js";
import { type ShardSource, writeShard } from "../shards/index.js";
import { shardSize } from "./shard-size.js";

export interface RankedSource {
  readonly rank: number;
  readonly source: ShardSource;
}

export interface WriteShardsOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes of the rank's shard, before compression, that have been stored so far. */
  readonly onProgress?:
    | ((rank: number, bytes: number, totalBytes: number | undefined) => void)
    | undefined;
}

/** What became of the shards of one process. */
export interface WrittenShards {
  /** In the order of the sources, where none failed. */
  readonly shards: readonly ShardMeta[];
  /** The first failure; the other shards were given up when it came. */
  readonly failure: LodeError | undefined;
  /** Keys that this call may have written, whole or not: what to delete after a failure. */
  readonly touched: readonly string[];
}

/**
 * Writes shards side by side. The blocks in flight of all of them together are bounded by the
 * context's concurrency. Never throws: what was touched must be known after a failure too.
 */
export async function writeShards(
  context: CheckpointContext,
  name: CheckpointName,
  sources: readonly RankedSource[],
  options: WriteShardsOptions,
): Promise<WrittenShards> {
  const atATime = Math.min(sources.length, context.concurrency);
  const concurrency = Math.floor(context.concurrency / atATime);
  const touched: string[] = [];

  async function write({ rank, source }: RankedSource, signal: AbortSignal): Promise<ShardMeta> {
    const key = shardKey(context.strategy, name, rank);
    const totalBytes = shardSize(source);
    try {
      const shard = await writeShard(context.store, { rank, key }, source, {
        compressionLevel: context.compressionLevel,
        blockSize: context.blockSize,
        concurrency,
        signal,
        onProgress: (bytes) => options.onProgress?.(rank, bytes, totalBytes),
      });
      touched.push(shard.key);
      return shard;
    } catch (error) {
      const own = toLodeError(error, "put", context.store.uriOf(key));
      // Of another failure it is not known whether the store took the object in spite of it.
      if (own.code !== "already-exists") touched.push(key, `${key}.zst`);
      throw own;
    }
  }

  try {
    const shards = await sideBySide(sources, atATime, options.signal, write);
    return { shards, failure: undefined, touched };
  } catch (error) {
    return { shards: [], failure: toLodeError(error, "put", context.store.uri), touched };
  }
}
