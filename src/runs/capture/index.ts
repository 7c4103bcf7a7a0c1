// Captures calls of functions as runs: what goes in, what comes out or was thrown, and what code ran
// where. Calls within calls become runs with a parent. How a run is stored and committed is decided
// elsewhere. Defines Captured (a function whose calls become runs) and currentRun.
export type {
  Captured,
  CaptureOptions,
  InputsOf,
  OutputsOf,
  ResultOf,
} from "./capture-options.js";
export { captureRun } from "./capture-run.js";
export { currentRun } from "./current-run.js";
