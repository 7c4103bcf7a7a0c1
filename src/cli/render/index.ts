// How results look: standard output (data), standard error (notices and the progress line), text,
// JSON lines and completion scripts. It decides nothing and calls no operation. Defines Output,
// Notices and ProgressState.

export { cacheLines } from "./cache-text.js";
export {
  checkpointLines,
  countText,
  manifestJson,
  shardJson,
  shownLines,
  storedBytes,
} from "./checkpoint-text.js";
export {
  bashCompletion,
  type CompletedCommand,
  fishCompletion,
  zshCompletion,
} from "./completion.js";
export { entryJson, errorLine, jsonLine, objectJson } from "./json.js";
export { type NoticeStream, Notices, safeForTerminal } from "./notices.js";
export { Output } from "./output.js";
export { type ProgressState, progressText, showProgress } from "./progress.js";
export { replayTable } from "./replay-table.js";
export { diffLines } from "./run-diff-text.js";
export { statsLines } from "./run-stats-text.js";
export {
  dataLines,
  pairsText,
  revisionLines,
  runLines,
  shownRunLines,
  timeText,
} from "./run-text.js";
export { summaryPlots } from "./summary-plots.js";
export { summaryTable } from "./summary-table.js";
export { formatNanos, formatRate, formatSeconds, formatSize, formatTime, plural } from "./text.js";
