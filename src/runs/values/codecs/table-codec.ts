import { tableDigest } from "../../../cas/index.js";
import { LodeError } from "../../../errors.js";
import {
  parquetTable,
  type Table,
  type TableBatch,
  tableParquetChunks,
  typeText,
} from "../../../formats/index.js";
import { isTableLike, type TableLike, tableOf } from "../table-input.js";
import type { ValueCodec, ValueFacts } from "../value-codec.js";

/**
 * Tables, as Parquet files whose pages are cut by their content; loaded as `Table`, whose rows are read from the store
 * as they are asked for. Equal by the names and types of the columns and by the values, whatever wrote the file.
 */
export const tableCodec: ValueCodec<TableLike> = {
  type: "table",
  format: "parquet",
  matches: isTableLike,
  describe: (value, { signal }) => describeTable(tableOf(value), signal),
  encode: async (value, { signal }) => tableParquetChunks(tableOf(value), { signal }),
  decode: async (stored, { signal }) => parquetTable(await stored.ranges(), { signal }),
};

/** Reads the table once. Throws `invalid-argument` if its rows can be read only once. */
export async function describeTable(table: Table, signal?: AbortSignal): Promise<ValueFacts> {
  if (isOneShot(table.batches)) {
    throw new LodeError({
      code: "invalid-argument",
      message:
        "the table's batches can be read only once: give an array, or an object whose iterator begins anew, since they are read for the digest and again to be stored",
    });
  }
  const { schema } = table;
  let rows = 0;
  async function* counted(): AsyncGenerator<TableBatch, void, undefined> {
    for await (const batch of table.batches) {
      rows += batch.rows;
      yield batch;
    }
  }
  const digest = await tableDigest({ schema, batches: counted() }, { signal });
  return {
    shape: [rows, schema.fields.length],
    columns: schema.fields.map(({ name }) => name),
    dtype: Object.fromEntries(schema.fields.map(({ name, type }) => [name, typeText(type)])),
    digest,
  };
}

/** Whether the iterator is the thing itself, as that of a generator is. */
function isOneShot(batches: Table["batches"]): boolean {
  const own = batches as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  const iterator = own[Symbol.asyncIterator]?.() ?? own[Symbol.iterator]?.();
  return (iterator as unknown) === batches;
}
