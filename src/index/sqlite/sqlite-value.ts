import { LodeError } from "../../errors.js";

/** What a column holds. A number is stored as an integer where it is one; NaN is stored as null. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

export type SqliteRow = readonly SqliteValue[];

/**
 * Throws `invalid-argument`: the native code ends the process at a value of another type, and cuts texts at a NUL
 * character.
 */
export function checkValues(values: SqliteRow): SqliteRow {
  for (const value of values) {
    if (isSqliteValue(value)) continue;
    throw new LodeError({
      code: "invalid-argument",
      message: `SQLite cannot take a ${typeof value}: give null, numbers, bigints, bytes, or texts without NUL characters`,
    });
  }
  return values;
}

function isSqliteValue(value: unknown): value is SqliteValue {
  return (
    value === null ||
    typeof value === "number" ||
    typeof value === "bigint" ||
    (typeof value === "string" && !value.includes("\0")) ||
    value instanceof Uint8Array
  );
}
