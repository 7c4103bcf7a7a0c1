// What is told of a run, and how it stands in JSON: in our form, revision by revision, and in the form
// that mltrack wrote. Merges what two writers told. No store is read or written here. Defines RunFacts,
// RunManifest, DataReference, RunType and RunStatus.
export {
  type DataReference,
  isDataReference,
  referenceFromJson,
  referenceToJson,
} from "./data-reference.js";
export type * from "./manifest.js";
export { checkedFacts, encodeManifest, parseManifest, SCHEMA_VERSION } from "./manifest-json.js";
export { type MergedFacts, mergeFacts, sameFacts } from "./merge.js";
export { metricFromJson, metricToJson } from "./metric.js";
export {
  checkRunId,
  copyKey,
  HEADS,
  headKey,
  headKeyOfOwner,
  MANIFESTS,
  revisionFolder,
  revisionFolderOf,
  revisionKey,
  runIdProblem,
  runPart,
} from "./run-id.js";
export {
  checkRunStatus,
  checkRunType,
  RUN_STATUSES,
  RUN_TYPES,
  type RunStatus,
  type RunType,
} from "./run-type.js";
export { encodeSeedManifest, type SeedPlaces } from "./seed-json.js";
export { formatTime, isTimeStamp } from "./time-stamp.js";
