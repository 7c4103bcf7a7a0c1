// Checks: whether all that refs, links and recipes need is there and is what its name says, how it is mended, and how
// much there is. Changes nothing but in repair, and never deletes a byte of a value. Defines finding, damage,
// mirror and set aside.
export { Aside } from "./aside.js";
export { type Finding, type FindingKind, isDamage } from "./finding.js";
export { measureStore } from "./measure-store.js";
export type { Remedy, Repaired, RepairOptions, RepairReport } from "./repair-options.js";
export { repairStore } from "./repair-store.js";
export type { ObjectTally, RefTally, StatsOptions, StoreStats } from "./store-stats.js";
export { Verification } from "./verification.js";
export type {
  VerifyMode,
  VerifyOptions,
  VerifyProgress,
  VerifyStep,
  VerifySummary,
} from "./verify-options.js";
