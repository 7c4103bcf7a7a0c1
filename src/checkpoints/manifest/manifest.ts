/** What a manifest tells of one rank's shard. */
export interface ShardMeta {
  /** From 0. */
  readonly rank: number;
  /** Relative to the checkpoint store, with `.zst` where the shard is compressed. */
  readonly key: string;
  /** Stored bytes. */
  readonly size: number;
  /** As HTTP writes it, with its quotes; for information, since a copied checkpoint has others. */
  readonly etag: string | null;
  /**
   * `crc32c:` and eight lower-case hexadecimal digits, of the bytes before compression. s3dlio writes
   * the CRC-32 of IEEE 802.3 under this name.
   */
  readonly checksum: string | null;
  /** What Lodestore writes beside the fields of s3dlio; absent in the manifests of others. */
  readonly blocks?: ShardBlocks | undefined;
}

/**
 * How a shard can be read and checked in pieces: its logical bytes are cut into blocks of one size,
 * the last one shorter. A plain shard holds them as they are; in a compressed one each is a zstd frame of
 * its own, followed by the seek table of zstd's seekable format.
 */
export interface ShardBlocks {
  /** Bytes before compression. */
  readonly logicalSize: number;
  /** CRC-32C (RFC 3720) of the whole stored object. */
  readonly storedCrc32c: number;
  /** Logical bytes of a block. */
  readonly blockSize: number;
  /** CRC-32C of each block as it is stored: its bytes, or its frame. */
  readonly blockCrc32c: Uint32Array;
}

/** A checkpoint as its manifest tells it: format version 1 of s3dlio, and what Lodestore adds. */
export interface CheckpointManifest {
  readonly formatVersion: number;
  /** Free text: torch, flax, tf, jax, generic. */
  readonly framework: string;
  readonly globalStep: number;
  readonly epoch: number;
  /** RFC 3339, UTC: when the save began. */
  readonly wallTime: string;
  readonly worldSize: number;
  /** By rank. */
  readonly shards: readonly ShardMeta[];
  readonly status: "incomplete" | "complete";
  /** Any JSON. */
  readonly userMeta: unknown;
  /** Numbers that checkpoints are compared by, such as a validation loss; absent if there are none. */
  readonly metrics?: Readonly<Record<string, number>> | undefined;
}

/** What names a checkpoint: its step, and what tells it from others of the same step. */
export interface CheckpointName {
  /** Global step, from 0. */
  readonly step: number;
  /** s3dlio's `ts`: by default `YYYYMMDD-HHMMSS-` and eight random hexadecimal digits. */
  readonly id: string;
}

/** How the keys of shards spread over prefixes; s3dlio's `flat`, `round_robin` and `binary`. */
export type LayoutStrategy = "flat" | "round-robin" | "binary";
