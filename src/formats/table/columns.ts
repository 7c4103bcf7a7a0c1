import { float16ToFloat32 } from "../float16.js";
import { tableBatches } from "./batches.js";
import { buildColumn, zeros } from "./build-column.js";
import { checkSchema } from "./check-schema.js";
import { elementType, inferField } from "./infer-field.js";
import { invalidTable, quotedName } from "./invalid-table.js";
import { jsCells } from "./js-cells.js";
import { readCells } from "./read-cells.js";
import type { ColumnData, ColumnType, ColumnValues, Field, Table, TableSchema } from "./table.js";

/** Numbers of one width, as a column without nulls has them. */
export type TableArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** The values of one column: numbers, or any values as `recordsTable` takes them. */
export type ColumnInput = TableArray | Uint8ClampedArray | readonly unknown[];

export interface ColumnsOptions {
  /** Instead of what the values tell. Its fields are the columns, in its order. */
  readonly schema?: TableSchema | undefined;
}

/**
 * Columns by their names as a table: typed arrays are columns of that type and are not copied, other arrays are read as
 * the values of records are (`recordsTable`). Throws `invalid-argument` for columns of different lengths and for values
 * of a wrong type.
 */
export function columnsTable(
  columns: Readonly<Record<string, ColumnInput>>,
  options: ColumnsOptions = {},
): Table {
  const names = Object.keys(columns);
  for (const name of names) {
    if (Array.isArray(columns[name]) || elementType(columns[name]) !== undefined) continue;
    throw invalidTable(`the column ${quotedName(name)} is no array`);
  }
  const rows = columns[names[0] ?? ""]?.length ?? 0;
  const schema = options.schema ?? {
    fields: names.map((name) => fieldOf(name, columns[name] as ColumnInput)),
  };
  checkSchema(schema);
  const known = new Set(schema.fields.map(({ name }) => name));
  for (const name of names) {
    const length = columns[name]?.length;
    if (!known.has(name)) throw invalidTable(`the schema has no column ${quotedName(name)}`);
    if (length !== rows) {
      throw invalidTable(`the column ${quotedName(name)} has ${length} rows, others ${rows}`);
    }
  }
  const built = schema.fields.map((field) => {
    if (Object.hasOwn(columns, field.name)) return columnOf(field, columns[field.name]!);
    throw invalidTable(`the column ${quotedName(field.name)} is not there`);
  });
  return { schema, batches: [{ rows, columns: built }] };
}

function fieldOf(name: string, values: ColumnInput): Field {
  const type = elementType(values);
  if (type !== undefined) return { name, type, nullable: false };
  return inferField(name, values as readonly unknown[]);
}

function columnOf(field: Field, values: ColumnInput): ColumnValues {
  const { type } = field;
  const element = elementType(values);
  if (element === undefined || !isSameNumber(element, type)) {
    return buildColumn(field, values as ArrayLike<unknown>, jsCells);
  }
  const data =
    values instanceof Uint8ClampedArray
      ? new Uint8Array(values.buffer, values.byteOffset, values.length)
      : (values as TableArray);
  return { length: values.length, data };
}

function isSameNumber(a: ColumnType, b: ColumnType): boolean {
  if (a.kind === "float" && b.kind === "float") return a.bits === b.bits;
  return a.kind === "int" && b.kind === "int" && a.bits === b.bits && a.signed === b.signed;
}

/**
 * A table by columns, all of it in memory: typed arrays for ints and floats without nulls (`Float32Array` for those of
 * 16 bits), else arrays of values as `tableRecords` has them.
 */
export async function tableColumns(
  table: Table,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Record<string, TableArray | unknown[]>> {
  const { fields } = table.schema;
  const parts = fields.map((): ColumnValues[] => []);
  for await (const { columns } of tableBatches(table, signal)) {
    for (const [i, column] of columns.entries()) parts[i]?.push(column);
  }
  return Object.fromEntries(
    fields.map(({ name, type }, i) => [name, joined(type, parts[i] as ColumnValues[])]),
  );
}

function joined(type: ColumnType, parts: readonly ColumnValues[]): TableArray | unknown[] {
  const numbers = type.kind === "int" || type.kind === "float";
  if (!numbers || parts.some(({ valid }) => valid?.includes(0))) {
    return parts.flatMap((part) => readCells(type, part));
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = zeros(type, length) as TableArray;
  let at = 0;
  for (const part of parts) {
    (whole as Int32Array).set(part.data as ColumnData as Int32Array, at);
    at += part.length;
  }
  return whole instanceof Uint16Array && type.kind === "float" ? float16ToFloat32(whole) : whole;
}
