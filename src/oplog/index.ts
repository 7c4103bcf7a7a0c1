// The operation log: every request of every store as a row that MinIO warp and its readers take. It
// writes, reads, sums up, sorts and replays logs. It decides nothing about stores and prints
// nothing. Defines OpLogEntry.
export {
  COLUMN_NAMES,
  headerLine,
  type OpLogColumns,
  type OpLogDelimiter,
} from "./columns.js";
export { compareStarts, nanosBetween, OP_WORDS, type OpLogEntry, type OpWord } from "./entry.js";
export { entryFromJson, entryToJson, type OpLogJson } from "./json-row.js";
export { type ReadOpLogOptions, readOpLog } from "./reader.js";
export { finalizeOpLog, initOpLog, OpLog, type OpLogOptions } from "./recording/index.js";
export * from "./replay/index.js";
export { formatRow } from "./row-format.js";
export { type RowCriteria, selectRows } from "./select-rows.js";
export { type SortOpLogOptions, sortOpLog } from "./sort/index.js";
export * from "./summary/index.js";
export { type WriteOpLogOptions, writeOpLog } from "./write-log.js";
export { type OpLogStats, OpLogWriter } from "./writer.js";
export type { OpLogWriterOptions } from "./writer-options.js";
