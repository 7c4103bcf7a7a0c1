/**
 * The bytes of a shard: whole in memory, in pieces that lie in memory (put without joining them), or as
 * a stream. Bytes in memory must not change until the call ends.
 */
export type ShardSource = Uint8Array | readonly Uint8Array[] | AsyncIterable<Uint8Array>;

/** How shards are written. */
export interface ShardWriteOptions {
  /**
   * zstd level, 1 to 22. Absent for none. A shard whose beginning does not shrink by this is stored
   * as it is, without `.zst`.
   */
  readonly compressionLevel?: number | undefined;
  /** Size of a block and so of a part, in bytes. Default 8 MiB. */
  readonly blockSize?: number | undefined;
  /** Blocks of one shard in flight. Default 4. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the logical bytes that have been stored so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}
