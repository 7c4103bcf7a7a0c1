// What can be done, one file an operation, the same for the command and for the server: each takes an
// AppContext and text as a user writes it, and returns data or an async iterable. Nothing here prints,
// reads arguments or knows of a terminal. Moving many objects itself is storage/transfer's work.

export type { BenchmarkFailure, BenchmarkState } from "./benchmark.js";
export { type BenchmarkGetOptions, benchmarkGet } from "./benchmark-get.js";
export {
  type BenchmarkLoaderOptions,
  type BenchmarkLoaderResult,
  benchmarkLoader,
} from "./benchmark-loader.js";
export {
  type BlobCachePart,
  type CacheContents,
  type CachePart,
  cacheUsage,
  type PrunedCache,
  pruneCache,
} from "./cache-usage.js";
export {
  type DeletedChoice,
  deleteCheckpoint,
  pruneCheckpoints,
  repairCheckpoints,
  tagCheckpoint,
  untagCheckpoint,
} from "./checkpoint-changes.js";
export {
  type CheckpointEntry,
  type CheckpointListing,
  listCheckpoints,
} from "./checkpoint-list.js";
export {
  type LoadCheckpointOptions,
  type LoadedCheckpoint,
  type LoadProgress,
  loadCheckpoint,
  loadCheckpointShard,
  readCheckpointShard,
} from "./checkpoint-load.js";
export type { CheckpointChoice } from "./checkpoint-place.js";
export { type ShownCheckpoint, showCheckpoint } from "./checkpoint-show.js";
export { type CheckpointVerdict, verifyCheckpoints } from "./checkpoint-verify.js";
export { type ContainerResult, createContainer, deleteContainer } from "./containers.js";
export { type Diagnosis, diagnose } from "./diagnose.js";
export { diskUsage, type Usage } from "./disk-usage.js";
export { type FindOptions, findObjects } from "./find-objects.js";
export { type ListEntriesOptions, type ListEntry, listEntries } from "./list-entries.js";
export { type EpochFigures, type LoaderProgress, utilisationOf } from "./loader-epoch.js";
export {
  ACCELERATORS,
  type Accelerator,
  LOADER_SHAPES,
  type LoaderShape,
  SHAPE_NAMES,
  type ShapeName,
} from "./loader-shapes.js";
export { objectName } from "./object-name.js";
export {
  abortUploads,
  type PendingUploadEntry,
  type PendingUploadOptions,
  pendingUploads,
} from "./pending-uploads.js";
export { type PrepareShapeOptions, prepareShape } from "./prepare-shape.js";
export { presignObject } from "./presign-object.js";
export { type PutGeneratedOptions, type PutStatus, putGenerated } from "./put-generated.js";
export { readLines } from "./read-lines.js";
export { type LogOptions, type LogProgress, readLog } from "./read-log.js";
export { rangeOf, readObjects } from "./read-object.js";
export { type ReplayLogOptions, type ReplayLogResult, replayLog } from "./replay-log.js";
export {
  explainMissing,
  noMatch,
  type ObjectSource,
  resolveSource,
  type Source,
  type SourceOptions,
  type TreeSource,
} from "./resolve-source.js";
export { folderAt, resolveTarget, type Target } from "./resolve-target.js";
export {
  changeView,
  deleteRun,
  listViews,
  rebuildViews,
  restoreRun,
} from "./run-changes.js";
export { type CollectedRuns, collectRuns } from "./run-collect.js";
export {
  type ColumnsDiff,
  type DataDiff,
  type DiffState,
  diffRuns,
  type RunDiff,
  type ValueDiff,
} from "./run-diff.js";
export { VALUE_KINDS, type ValueKind } from "./run-file-value.js";
export { type FoundByData, findRuns } from "./run-find.js";
export { type GetDataOptions, type GotData, getData, readData } from "./run-get.js";
export { listRuns, type RunEntry, type RunListOptions } from "./run-list.js";
export { migrateRuns } from "./run-migrate.js";
export { forgetNamedData, listNamedData } from "./run-names.js";
export { runsCache, runsPlace } from "./run-place.js";
export { runPool } from "./run-pool.js";
export {
  type DataSource,
  type PutData,
  type PutDataOptions,
  type PutDataResult,
  putData,
  type RunOfData,
} from "./run-put.js";
export { logRun, showRun } from "./run-show.js";
export {
  measureRuns,
  type RunStats,
  repairRuns,
  type VerifyRunsProgress,
  verifyRuns,
} from "./run-verify.js";
export { copyLogRows, type SelectLogRowsOptions, selectLogRows } from "./select-log-rows.js";
export { type SortLogOptions, sortLog } from "./sort-log.js";
export { type StatResult, statObjects } from "./stat-object.js";
export { summarizeLogs } from "./summarize-logs.js";
export { type TreeNode, walkTree } from "./walk-tree.js";
export { writeStream } from "./write-stream.js";
