// How a checkpoint comes about: shards first, its manifest last and only if there is none, then the
// pointer. By one process, in the background from a snapshot, or by many ranks that meet in the store.
// No bytes of shards and no JSON of its own. Defines CheckpointWriter, BackgroundSave, SaveProgress
// and the named shard, which has no manifest.
export { BackgroundSave } from "./background-save.js";
export { type AsyncRankOptions, CheckpointWriter } from "./checkpoint-writer.js";
export type { FinalizeOptions } from "./finalize.js";
export { getNamedShard, putNamedShard } from "./named-shards.js";
export type { RankOptions } from "./rank-record.js";
export { planSave, saveCheckpoint } from "./save.js";
export { SaveLine } from "./save-line.js";
export type * from "./save-options.js";
export { shardSource } from "./shard-source-of.js";
export { SnapshotMemory, transferred } from "./snapshot.js";
