/**
 * The bytes of a shard: whole in memory, in pieces that lie in memory (put without joining them), or as
 * a stream. Bytes in memory must not change until the call ends.
 */
export type ShardSource = Uint8Array | readonly Uint8Array[] | AsyncIterable<Uint8Array>;

/** Where a shard goes. */
export interface ShardTarget {
  readonly rank: number;
  /** Without `.zst`, which is added where the shard is compressed. */
  readonly key: string;
}

/** How shards are written. */
export interface ShardWriteOptions {
  /**
   * zstd level, 1 to 22. Absent for none. A shard whose beginning does not shrink by this is stored
   * as it is, without `.zst`.
   */
  readonly compressionLevel?: number | undefined;
  /**
   * Bytes of a block, which is compressed and checked by itself, 1 to 512 MiB. Default 8 MiB. A part of
   * the upload is a block where the store takes that, else several.
   */
  readonly blockSize?: number | undefined;
  /** Blocks of one shard in flight. Default 4. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the logical bytes that have been stored so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}
