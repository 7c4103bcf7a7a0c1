import { isPlainObject } from "../plain-object.js";
import { tableBatches } from "./batches.js";
import { buildColumn, describe, ownValue } from "./build-column.js";
import { checkSchema } from "./check-schema.js";
import { inferFields } from "./infer-field.js";
import { invalidTable } from "./invalid-table.js";
import { jsCells } from "./js-cells.js";
import { readCells } from "./read-cells.js";
import type { Table, TableBatch, TableSchema } from "./table.js";

/** A row: its values by the names of the columns. */
export type TableRecord = Readonly<Record<string, unknown>>;

export interface RecordsOptions {
  /** Instead of what the values tell. */
  readonly schema?: TableSchema | undefined;
}

const BATCH_ROWS = 16_384;

/**
 * Plain objects as a table, a row each; the columns are the keys in order of first appearance. Without a schema:
 *
 * - number is float64, whole ones too, so that a type does not hang on what values happen to be there; bigint int64;
 * - string, boolean, Uint8Array (bytes) are what they are, Date a timestamp in ms of the zone UTC;
 * - arrays are lists, other typed arrays lists of their element type, plain objects structs;
 * - null, undefined and a key that is not there are null; NaN is a number. A column of nulls only is of text.
 *
 * With one, ints take whole numbers and bigint, dates a Date at midnight UTC or days since 1970, timestamps a Date or
 * ticks as bigint, times and durations ticks as bigint, decimals text. Throws `invalid-argument`, naming column and
 * row, for a value of another type and for a key that the schema does not have; the types of values are looked at
 * while batches are read. The records are not copied before.
 */
export function recordsTable(records: readonly TableRecord[], options: RecordsOptions = {}): Table {
  for (const [row, record] of records.entries()) {
    if (!isPlainObject(record)) throw invalidTable(`row ${row} is ${describe(record)}, no object`);
  }
  const schema = options.schema ?? { fields: inferFields(records) };
  checkSchema(schema);
  if (options.schema !== undefined) checkKeys(records, schema);
  return { schema, batches: { [Symbol.iterator]: () => batchesOf(records, schema) } };
}

function checkKeys(records: readonly TableRecord[], { fields }: TableSchema): void {
  const names = new Set(fields.map(({ name }) => name));
  for (const [row, record] of records.entries()) {
    for (const name of Object.keys(record)) {
      if (names.has(name)) continue;
      throw invalidTable(`row ${row} has ${JSON.stringify(name)}, which the schema has not`);
    }
  }
}

function* batchesOf(
  records: readonly TableRecord[],
  { fields }: TableSchema,
): Generator<TableBatch, void, undefined> {
  for (let start = 0; start < records.length; start += BATCH_ROWS) {
    const rows = records.slice(start, start + BATCH_ROWS);
    const columns = fields.map((field) => {
      const values = rows.map((row) => ownValue(row, field.name));
      return buildColumn(field, values, jsCells, start);
    });
    yield { rows: rows.length, columns };
  }
}

/**
 * A table as plain objects, all of it in memory; {@link recordsTable} with the same schema gives an equal table.
 * 64-bit ints are bigint; dates, and timestamps in s and ms, are Date; finer timestamps, times and durations are ticks
 * as bigint, as Date would lose a part of them; decimals are text.
 */
export async function tableRecords(
  table: Table,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Record<string, unknown>[]> {
  const { fields } = table.schema;
  const records: Record<string, unknown>[] = [];
  for await (const { rows, columns } of tableBatches(table, signal)) {
    const cells = fields.map(({ type }, i) => readCells(type, columns[i]!));
    for (let row = 0; row < rows; row++) {
      records.push(Object.fromEntries(fields.map(({ name }, i) => [name, cells[i]?.[row]])));
    }
  }
  return records;
}
