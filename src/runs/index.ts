// Runs: what experiments and production jobs read, wrote and measured, with their data stored once. A run is
// committed revision by revision and shown in views. Knows no trainer and no tracking server. Defines Run,
// DataReference, RunType, StorageMode (a view), and Revision.
export {
  type Captured,
  type CaptureOptions,
  captureRun,
  currentRun,
  type InputsOf,
  type OutputsOf,
  type ResultOf,
} from "./capture/index.js";
export {
  type CatalogueModel,
  type CatalogueRun,
  type CatalogueSync,
  type CatalogueSyncOptions,
  type CatalogueUse,
  catalogueFolder,
  type DataFilter,
  type LineageOptions,
  type MetricFilter,
  type MetricOperator,
  RunCatalogue,
  type RunCatalogueOptions,
  type RunEdge,
  type RunOrder,
  type RunPage,
  type RunQuery,
} from "./catalogue/index.js";
export type { RunHead } from "./commit/index.js";
export type {
  DataQuery,
  DataUse,
  ListRunsOptions,
  PlacedPointer,
  PurgedRun,
  PurgeOptions,
  RebuildOptions,
  RebuiltViews,
  RepairRunsOptions,
  RunFilter,
  RunsRepair,
  VerifyRunsOptions,
} from "./housekeeping/index.js";
export {
  type LegacyReference,
  type LegacyRun,
  type MigrationFinding,
  type MigrationOptions,
  type MigrationProgress,
  type MigrationReport,
  type MigrationTarget,
  migrateLegacy,
  readLegacyManifest,
} from "./legacy/index.js";
export {
  type DataReference,
  type JsonValue,
  RUN_STATUSES,
  RUN_TYPES,
  type RunCode,
  type RunEnvironment,
  type RunFacts,
  type RunFailure,
  type RunManifest,
  type RunModel,
  type RunStatus,
  type RunType,
} from "./manifest/index.js";
export type { RunDataOptions, RunStoreOptions, StoreDataOptions } from "./options.js";
export type { FoundRun, SaveResult } from "./results.js";
export { type NewRun, Run } from "./run.js";
export { RunStore } from "./run-store.js";
export { RunViews } from "./run-views.js";
export {
  type RestoredTree,
  type RestoreOptions,
  Tree,
  type TreeEntry,
  type TreeInput,
  type TreeOptions,
  treeOf,
} from "./trees/index.js";
export {
  type FileInput,
  fileOf,
  loadArrayRows,
  loadTable,
  type ParquetFileInput,
  parquetFile,
  tableOf,
  type ValueBytes,
  type ValueCodec,
  type ValueFacts,
} from "./values/index.js";
export { STORAGE_MODES, type StorageMode } from "./views/index.js";
