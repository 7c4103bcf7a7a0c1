// What a log amounts to: figures of each operation and range of sizes, and series for plots, in
// memory that does not grow with the log. It reads no files and draws nothing. Defines OpLogSummary,
// RequestFigures (the failed counted apart) and the quantile of nearest rank.
export { LatencyHistogram } from "./latency-histogram.js";
export type { OpSeries } from "./op-series.js";
export type { OpFigures, SteadyFigures } from "./op-tally.js";
export { SIZE_BUCKETS, type SizeBucketLabel } from "./size-buckets.js";
export type { FirstByteFigures, LatencyFigures, RequestFigures } from "./size-tally.js";
export {
  type OpLogSeries,
  OpLogSummarizer,
  type OpLogSummary,
  type OpLogSummaryOptions,
} from "./summary.js";
