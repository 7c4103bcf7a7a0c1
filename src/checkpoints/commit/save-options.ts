import type { ShardSource } from "../shards/index.js";
import type { ShardTensors } from "../tensors/index.js";

/** How far a save is. */
export interface SaveProgress {
  /** Copying for a snapshot, writing shards, waiting for other ranks, publishing. */
  readonly phase: "snapshot" | "shards" | "ranks" | "commit";
  /** Whose shard; undefined where the phase concerns the whole checkpoint. */
  readonly rank: number | undefined;
  /** Of this rank's shard, before compression; in phase `ranks` the number of ranks that are ready. */
  readonly bytes: number;
  /** What `bytes` will be in the end; undefined for a stream. */
  readonly totalBytes: number | undefined;
}

/** What a manifest tells of a checkpoint beside its shards. */
export interface CheckpointFacts {
  /** Global step, from 0. */
  readonly step: number;
  /** From 0. Default 0. */
  readonly epoch?: number | undefined;
  /** Free text: torch, flax, tf, jax. Default `generic`. */
  readonly framework?: string | undefined;
}

/** What only the process that commits can say. */
export interface CommitFacts {
  /** Any JSON. */
  readonly userMeta?: unknown;
  /** Finite numbers that checkpoints are compared by, such as a validation loss. */
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  /** Tags that point to the checkpoint from now on; those of other checkpoints move to it. */
  readonly tags?: readonly string[] | undefined;
}

export interface SaveOptions extends CheckpointFacts, CommitFacts {
  /** One shard a rank, from rank 0: bytes, pieces, a stream, or tensors by name. */
  readonly shards: readonly ShardInput[];
  /**
   * Tells the checkpoint from others of its step. Default: the time and eight random digits. One
   * that is given must be new for each attempt.
   */
  readonly id?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SaveProgress) => void) | undefined;
}

/** How bytes are kept as they are while the caller goes on. */
export interface SnapshotOptions {
  /**
   * `copy` (default): the bytes are copied, and the caller may change its own when `snapshotDone` ends.
   * `transfer`: nothing is copied, and the caller must not touch the bytes until `done` ends.
   */
  readonly snapshot?: "copy" | "transfer" | undefined;
  /** Of the first shard; for progress. */
  readonly rank?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SaveProgress) => void) | undefined;
}

export interface AsyncSaveOptions extends SaveOptions, Pick<SnapshotOptions, "snapshot"> {}

/** A shard as a caller has it: bytes, the memory of one array, or tensors by name (stored as safetensors). */
export type ShardInput = ShardSource | ArrayBufferView | ShardTensors;
