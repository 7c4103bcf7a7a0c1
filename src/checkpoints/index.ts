// Checkpoints of training jobs on any store: one shard a rank, a manifest that makes them a checkpoint
// when it appears, and a pointer to the latest. s3dlio's layout, read and written; commit, checks,
// retention and resharding are ours. Knows no trainer. Defines Checkpoint, Shard, Rank and Manifest.
export { Checkpoint, type CheckpointReadOptions } from "./checkpoint.js";
export { CheckpointStore } from "./checkpoint-store.js";
export type {
  AsyncRankOptions,
  AsyncSaveOptions,
  BackgroundSave,
  CheckpointFacts,
  CheckpointWriter,
  CommitFacts,
  FinalizeOptions,
  RankOptions,
  SaveOptions,
  SaveProgress,
  ShardInput,
} from "./commit/index.js";
export type { CheckpointOptions } from "./context.js";
export type {
  DeleteCheckpointOptions,
  DeletedCheckpoint,
  JudgedCheckpoint,
  Leftover,
  ListedCheckpoint,
  PrunedItem,
  PruneOptions,
  PrunePlan,
  PruneResult,
  RemovalFailure,
  RepairOptions,
  RepairResult,
  RetentionRules,
  Unreadable,
  VerifiedCheckpoint,
  VerifyOptions,
} from "./housekeeping/index.js";
export {
  type CheckpointManifest,
  type CheckpointName,
  type LayoutStrategy,
  nameText,
  newCheckpointId,
  type Pointer,
  parseName,
  readLatest,
  type ShardBlocks,
  type ShardMeta,
} from "./manifest/index.js";
export type { ShardDamage, ShardReader, ShardSource } from "./shards/index.js";
export {
  chunkBox,
  chunkRange,
  type GlobalTensor,
  type LoadedTensor,
  type ReshardBytesOptions,
  type ReshardTarget,
  type ShardTensor,
  type ShardTensorInfo,
  type ShardTensors,
  type TensorBox,
  type TensorShard,
  type TensorSlice,
  tensorPieces,
} from "./tensors/index.js";
