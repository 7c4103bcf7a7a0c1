import { LodeError } from "../../errors.js";
import {
  type ArrowTableLike,
  arrowTable,
  type ColumnInput,
  columnsTable,
  isPlainObject,
  recordsTable,
  type Table,
  type TableRecord,
  type TableSchema,
} from "../../formats/index.js";

/** Columns by their names; at least one is a typed array. */
export type ColumnsLike = Readonly<Record<string, ColumnInput>>;

/** What can only be a table. Arrays of records are not here: without a word to the contrary they are JSON. */
export type TableLike = Table | ArrowTableLike | ColumnsLike;

export interface TableOfOptions {
  /** Instead of what records and columns tell. */
  readonly schema?: TableSchema | undefined;
}

/**
 * A table out of records (see `recordsTable`), columns by name (`columnsTable`), a table of apache-arrow, or what is
 * one already. An array of records is stored as JSON unless it goes through here. Throws `invalid-argument` for what is
 * none of these.
 */
export function tableOf(
  data: TableLike | readonly TableRecord[],
  options: TableOfOptions = {},
): Table {
  if (Array.isArray(data)) return recordsTable(data as readonly TableRecord[], options);
  if (isTable(data)) return data;
  if (isArrowTable(data)) return arrowTable(data);
  if (isPlainObject(data)) return columnsTable(data as ColumnsLike, options);
  throw new LodeError({
    code: "invalid-argument",
    message:
      "no table can be made of this: give an array of plain objects, an object of columns, an Arrow table or a Table",
  });
}

export function isTableLike(value: unknown): value is TableLike {
  return isTable(value) || isArrowTable(value) || isColumns(value);
}

function isTable(value: unknown): value is Table {
  const fields = fieldsOf(value);
  if (fields === undefined) return false;
  return fields.every(({ type }) => typeof (type as { kind?: unknown }).kind === "string");
}

function isArrowTable(value: unknown): value is ArrowTableLike {
  const fields = fieldsOf(value);
  if (fields === undefined) return false;
  return fields.every(({ type }) => typeof (type as { typeId?: unknown }).typeId === "number");
}

/** The fields of something that has a schema and batches. */
function fieldsOf(value: unknown): readonly { readonly type: object }[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { schema, batches } = value as { schema?: { fields?: unknown }; batches?: unknown };
  if (typeof batches !== "object" || batches === null) return undefined;
  const fields: unknown = schema?.fields;
  if (!Array.isArray(fields)) return undefined;
  const typed = fields.every(({ type }) => typeof type === "object" && type !== null);
  return typed ? (fields as { type: object }[]) : undefined;
}

/** Only arrays, and among them one of numbers: bytes alone may be anything. */
function isColumns(value: unknown): value is ColumnsLike {
  if (!isPlainObject(value)) return false;
  const columns = Object.values(value);
  return (
    columns.every((column) => Array.isArray(column) || ArrayBuffer.isView(column)) &&
    columns.some((column) => ArrayBuffer.isView(column) && !(column instanceof Uint8Array))
  );
}
