// What is done with runs that are saved: listing and finding them, deleting and restoring them, removing them for good,
// making views anew, looking for damage and mending it. Nothing here changes what a run tells. Defines RunFilter,
// DataQuery, DataUse and the restore window (how long a deleted run can be restored).
export { deleteRun, restoreRun } from "./delete-run.js";
export {
  countRefs,
  type DataQuery,
  type DataUse,
  findByData,
  type UsingRun,
} from "./find-by-data.js";
export { listPointers, type PlacedPointer } from "./list-pointers.js";
export { type ListRunsOptions, listSaved, matchesFilter, type RunFilter } from "./list-runs.js";
export { type PurgedRun, type PurgeOptions, purgeRuns } from "./purge-runs.js";
export { type RebuildOptions, type RebuiltViews, rebuildViews } from "./rebuild-views.js";
export {
  type RepairRunsOptions,
  type RunsRepair,
  repairRuns,
  type VerifyRunsOptions,
  verifyRuns,
} from "./verify-runs.js";
