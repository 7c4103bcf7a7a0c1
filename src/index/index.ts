// Embedded indexes: files on the local disk by which what lies in stores is found fast. What is in one can
// always be made anew from its store. Knows nothing of runs or datasets, and writes no query. Defines
// SqliteDatabase.
export {
  SqliteDatabase,
  type SqliteOptions,
  type SqliteRow,
  type SqliteValue,
} from "./sqlite/index.js";
