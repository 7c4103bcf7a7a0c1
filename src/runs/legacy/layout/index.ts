// What mltrack left in a store: its two layouts, their manifests, and where their references point to.
// Reads only; nothing is checked against the data here. Defines LegacyRun and LegacyReference (what a
// manifest tells), LegacyPlace (where data is), LegacyObject and LegacyFolder (what a listing shows).

export { type LegacyPlace, legacyPlace } from "./legacy-place.js";
export type { LegacyLayout, LegacyReference, LegacyRun } from "./legacy-run.js";
export {
  type LegacyFolder,
  type LegacyObject,
  listV1Runs,
  listV2Manifests,
  listV2Objects,
} from "./list-legacy.js";
export { utcTime } from "./naive-time.js";
export { legacyFields, readLegacyManifest } from "./read-manifest.js";
export { readV1Manifest, v1Run } from "./read-v1-manifest.js";
export { dataFacts } from "./reference-fields.js";
