// Collection: what no ref reaches is condemned, then moved to the trash, then freed, while sessions go on writing. It
// never looks into values, and deletes nothing that a session holds or a ref reaches. Defines collection, survey (what is there
// and what needs what), candidate, grace and restore window.
export { collectGarbage } from "./collect-garbage.js";
export type { CollectOptions } from "./collect-options.js";
export { PackUse } from "./pack-use.js";
export { repack } from "./repack.js";
export type { CollectProgress, CollectReport, Tally } from "./report.js";
export { type RestoreOptions, type RestoreResult, restoreBlobs } from "./restore.js";
