// What mltrack (github.com/EconoBen/mltrack, commit 31bf0db) wrote, read and carried over: its manifests
// and objects of both layouts, its hashes, and what they got wrong. Never writes its layouts and never
// loads a pickle. Defines LegacyRun, LegacyReference, MigrationReport and MigrationFinding.

export * from "./in-place/index.js";
export { type LegacyReference, type LegacyRun, readLegacyManifest } from "./layout/index.js";
export * from "./migration/index.js";
