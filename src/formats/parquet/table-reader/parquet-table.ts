import type { RangeReader } from "../../range-reader.js";
import { checkSchema, type Field, type Table, type TableBatch } from "../../table/index.js";
import { ARROW_SCHEMA_KEY, withArrowTypes } from "../arrow-schema/index.js";
import { corruptParquet, orCorrupt } from "../corrupt-parquet.js";
import { loadHyparquet } from "../hyparquet.js";
import { type ParquetMetadata, readParquetMetadata } from "../metadata.js";
import { type ParquetReadOptions, readParquet } from "../read.js";
import { columnField } from "./column-type.js";
import { readColumn } from "./read-column.js";

export type ParquetTableOptions = Omit<ParquetReadOptions, "physical">;

/**
 * A Parquet file as a table, a batch for each row group, read when the batches are; each time anew. Types are those of
 * the footer's logical types: int96 is a timestamp in ns of no zone, enums and JSON are text, UUID and BSON bytes, a
 * column of nulls only is text. An instant has the zone UTC, and a duration is an int64, unless Arrow's schema beside
 * tells more; types that our own writer stored come back as they were. Throws `unsupported` for maps, intervals,
 * geometries, VARIANT, decimals of more than 38 digits and lists in other than the three standard levels, and
 * everything that `readParquet` throws.
 */
export async function parquetTable(
  reader: RangeReader,
  options: ParquetTableOptions = {},
): Promise<Table> {
  const { signal, columns } = options;
  const metadata = options.metadata ?? (await readParquetMetadata(reader, { signal }));
  const chosen = await fieldsOf(metadata, columns);
  const entries = [...metadata.keyValues].filter(([key]) => key !== ARROW_SCHEMA_KEY);
  const schema = {
    fields: chosen,
    ...(entries.length > 0 && { metadata: Object.fromEntries(entries) }),
  };
  checkSchema(schema);
  const read = { ...options, metadata, physical: true };
  return { schema, batches: { [Symbol.asyncIterator]: () => batchesOf(reader, chosen, read) } };
}

async function fieldsOf(
  metadata: ParquetMetadata,
  columns: readonly string[] | undefined,
): Promise<readonly Field[]> {
  const { parquetSchema } = await loadHyparquet();
  const tree = orCorrupt("its schema", () => parquetSchema(metadata.file));
  const wanted = columns && new Set(columns);
  const fields = tree.children
    .filter(({ element }) => wanted?.has(element.name) ?? true)
    .map((child) => columnField(child));
  const names = tree.children.map(({ element }) => element.name);
  return withArrowTypes(fields, names, metadata);
}

async function* batchesOf(
  reader: RangeReader,
  fields: readonly Field[],
  options: ParquetReadOptions,
): AsyncGenerator<TableBatch, void, undefined> {
  for await (const { rowCount: rows, columns } of readParquet(reader, options)) {
    yield {
      rows,
      columns: fields.map((field) => {
        const values = columns.get(field.name);
        if (values === undefined) throw corruptParquet(`a row group has no column ${field.name}`);
        return readColumn(field, values);
      }),
    };
  }
}
