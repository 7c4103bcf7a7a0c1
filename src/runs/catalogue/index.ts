// The catalogue: runs in a local database, by which they are listed, compared and found by their data, fast however many
// there are. It follows the heads in the store, tells what they told at its last sync, and is made anew where it is
// missing or damaged. What counts is in the store. Defines RunCatalogue, CatalogueRun, RunQuery and RunEdge.
export { catalogueFolder } from "./catalogue-file.js";
export type { CatalogueModel, CatalogueRun } from "./catalogue-run.js";
export type { CatalogueUse } from "./find-uses.js";
export type { RunEdge } from "./lineage.js";
export { type LineageOptions, RunCatalogue, type RunCatalogueOptions } from "./run-catalogue.js";
export type {
  DataFilter,
  MetricFilter,
  MetricOperator,
  RunOrder,
  RunPage,
  RunQuery,
} from "./run-query.js";
export type { CatalogueSync, CatalogueSyncOptions } from "./sync-heads.js";
