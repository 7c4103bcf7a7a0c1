// Replay of a log: the same keys, sizes and ranges at the same times, faster or slower, against stores
// that the user chose. It opens no log and no store by itself, and follows no address out of a log.
// Defines Replay, lateness (how long after its time an operation began), the closed loop (each thread
// waits for its last operation) and the window (rows held to bring them into the order of starts).
export type { PlannedOperation } from "./plan-operation.js";
export { type PrepareOptions, type PrepareResult, prepareReplay } from "./prepare.js";
export { Replay, replay } from "./replay.js";
export type { ReplayedOperation, ReplayOptions } from "./replay-options.js";
export type {
  LatenessFigures,
  ReplayedTarget,
  ReplayedWord,
  ReplayProgress,
  ReplayResult,
  TimeFigures,
} from "./replay-result.js";
export type { Placed, TargetOptions, TargetRule } from "./target-map.js";
export { SKIP_REASONS, type SkipReason } from "./words.js";
