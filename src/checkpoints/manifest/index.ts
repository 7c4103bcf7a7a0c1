// What a checkpoint is called, where its objects lie, and the small JSON objects that make it one:
// manifests, the pointer to the latest, and the records of ranks that wait to be committed. No shard's
// bytes. Defines CheckpointManifest, ShardMeta, CheckpointName and LayoutStrategy.
export type * from "./manifest.js";
