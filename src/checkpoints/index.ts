// Checkpoints of training jobs on any store: one shard a rank, a manifest that makes them a checkpoint
// when it appears, and a pointer to the latest. s3dlio's layout, read and written; commit, checks,
// retention and resharding are ours. Knows no trainer. Defines Checkpoint, Shard, Rank and Manifest.
export type {
  CheckpointManifest,
  CheckpointName,
  LayoutStrategy,
  ShardBlocks,
  ShardMeta,
} from "./manifest/index.js";
export type { ShardSource, ShardWriteOptions } from "./shards/index.js";
