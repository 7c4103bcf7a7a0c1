// Care for checkpoints that are there: lists, deletion, retention, leftovers of crashes, verification,
// repair of the pointer. Nothing here writes a checkpoint. All of it may be stopped and repeated. Defines
// Leftover (what no checkpoint needs), RetentionRules, PrunePlan, and damage as verification finds it.
export type { Leftover, Unreadable } from "./leftover.js";
export { type FindLeftoversOptions, findLeftovers, type LeftoversFound } from "./leftovers.js";
export { type ListedCheckpoint, listCheckpoints } from "./list-checkpoints.js";
export { type PrunedItem, type PruneOptions, type PruneResult, prune } from "./prune.js";
export {
  type JudgedCheckpoint,
  type PlanPruneOptions,
  type PrunePlan,
  planPrune,
} from "./prune-plan.js";
export {
  type DeleteCheckpointOptions,
  type DeletedCheckpoint,
  deleteCheckpoint,
} from "./remove-checkpoint.js";
export type { RemovalFailure } from "./remove-objects.js";
export { type RepairOptions, type RepairResult, repairLatest } from "./repair-latest.js";
export type { RetentionRules } from "./retention.js";
export {
  type VerifiedCheckpoint,
  type VerifyOptions,
  verifyCheckpoint,
} from "./verify-checkpoint.js";
