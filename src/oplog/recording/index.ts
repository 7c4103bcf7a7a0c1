// From the requests of a process to the rows of a log: what observes the stores, and the settings. It
// is entered on its own by what only records, which then loads no reader, summary or replay. It
// writes no bytes itself. Defines OpLog.
export type { OpLogStats } from "../writer.js";
export { finalizeOpLog, initOpLog, OpLog, type OpLogOptions } from "./op-log.js";
