import type { ColumnType } from "../../table/index.js";
import type { Leaf } from "./field-tree.js";

/** The key-value entry for what Parquet has no word for. */
export const TYPE_NOTES_KEY = "lodestore.types";

/** The one in which writers that come from Arrow keep the types that a table had. */
export const ARROW_SCHEMA_KEY = "ARROW:schema";

/** What tells types once more, and would be wrong in a file with other columns. */
export const TYPE_ENTRIES: readonly string[] = [ARROW_SCHEMA_KEY, TYPE_NOTES_KEY];

/**
 * The file's key-value entry that tells the types of columns which Parquet stores as others: durations (as INT64), time
 * zones but UTC, and seconds (as milliseconds). JSON: `{"version":1,"columns":[{"path":["t"],"type":{"kind":"timestamp",
 * "unit":"s","zone":"Europe/Berlin"}}]}`, with the path as in the schema. Nothing if there are none.
 */
export function typeNotes(leaves: readonly Leaf[]): Readonly<Record<string, string>> {
  const columns = leaves
    .filter(({ type }) => isStoredAsOther(type))
    .map(({ path, type }) => ({ path, type: noteOf(type) }));
  if (columns.length === 0) return {};
  return { [TYPE_NOTES_KEY]: JSON.stringify({ version: 1, columns }) };
}

function isStoredAsOther(type: ColumnType): boolean {
  if (type.kind === "duration") return true;
  if (type.kind === "timestamp" && type.zone !== undefined && type.zone !== "UTC") return true;
  return (type.kind === "timestamp" || type.kind === "time") && type.unit === "s";
}

/** The fields in one order, whatever the caller's. */
function noteOf(type: ColumnType) {
  if (type.kind === "timestamp") return { kind: type.kind, unit: type.unit, zone: type.zone };
  return type.kind === "time" || type.kind === "duration"
    ? { kind: type.kind, unit: type.unit }
    : type;
}
