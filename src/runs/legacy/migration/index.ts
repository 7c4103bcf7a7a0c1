// Carries what mltrack wrote into a store of ours: objects become blobs of the same bytes, their legacy
// hashes aliases, runs become runs. The source is only read; a second migration goes on where the first
// one ended. Defines MigrationReport and MigrationFinding (what people should know of their old data).

export { aliasedBlobs } from "./alias.js";
export { type MigrationOptions, type MigrationTarget, migrateLegacy } from "./migrate.js";
export type {
  FindingReason,
  MigrationFinding,
  MigrationProgress,
  MigrationReport,
} from "./report.js";
