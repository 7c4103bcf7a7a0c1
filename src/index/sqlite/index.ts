// SQLite by the package `libsql`, whose native code is loaded when the first database is opened: a file, its
// statements, transactions and migrations, with errors as LodeErrors. Calls are synchronous: they block the
// thread. Defines SqliteDatabase and SqliteValue.
export { SqliteDatabase, type SqliteOptions } from "./sqlite-database.js";
export type { SqliteRow, SqliteValue } from "./sqlite-value.js";
