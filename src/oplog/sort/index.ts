// Logs in the order of starts: an external merge sort in bounded memory, whose runs are operation
// logs themselves. It reads from no store, and sorts by nothing else. Defines the run: a part of a
// log, sorted, that fitted into memory.
export { type SortOpLogOptions, sortOpLog } from "./sort.js";
