// What a checkpoint is called, where its objects lie, and the small JSON objects that make it one:
// manifests, the pointer to the latest, tags, and the records of ranks that wait to be committed. No
// shard's bytes. Defines CheckpointManifest, ShardMeta, CheckpointName, LayoutStrategy, Pointer, the
// pending record (a rank's word that its shard is stored) and the seal (a manifest's checksum of itself).
export { moveLatest, readLatest, swapLatest } from "./latest.js";
export type * from "./manifest.js";
export {
  encodeManifest,
  FORMAT_VERSION,
  manifestProblem,
  parseManifest,
} from "./manifest-json.js";
export {
  compareCheckpoints,
  listManifests,
  type NamedManifest,
  newestManifest,
  putManifest,
  readManifest,
  readManifests,
} from "./manifests.js";
export {
  checkId,
  checkpointName,
  LATEST_KEY,
  MANIFESTS,
  manifestKey,
  nameOfShardKey,
  nameText,
  newCheckpointId,
  PENDING,
  parseManifestKey,
  parseName,
  pendingPrefix,
  SHARDS,
  sameName,
  shardKey,
  TAGS,
} from "./names.js";
export {
  type PendingRecord,
  parsePending,
  parsePendingKey,
  pendingKey,
  putPending,
  readPending,
} from "./pending.js";
export { encodePointer, type Pointer, parsePointer } from "./pointers.js";
export { encodeShardMeta, parseShardMeta } from "./shard-json.js";
export { deleteTag, listTags, putTag, readTag } from "./tags.js";
export { compareWallTimes, formatWallTime, parseWallTime } from "./wall-time.js";
