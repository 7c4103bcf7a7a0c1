import { type ArrowData, type DictionaryCache, readArrowColumn } from "./arrow-column.js";
import { type ArrowField, arrowField } from "./arrow-type.js";
import { checkSchema } from "./check-schema.js";
import type { Table, TableBatch, TableSchema } from "./table.js";

/** What is used of apache-arrow's `Table`: the library itself is not needed. */
export interface ArrowTableLike {
  readonly schema: {
    readonly fields: readonly ArrowField[];
    readonly metadata?: ReadonlyMap<string, string> | undefined;
  };
  readonly batches: readonly { readonly data: ArrowData }[];
}

/**
 * A table of the package apache-arrow (structurally, 17 or newer) as ours, batch by batch; numbers are not copied.
 * Dictionaries, large and fixed-size types become the plain types that they stand for, a column of Arrow's type Null one
 * of text. Throws `unsupported` for unions, maps, intervals, decimals of 256 bits, and
 * milliseconds-dates with a time of day, `invalid-argument` for names that stand there twice.
 */
export function arrowTable(table: ArrowTableLike): Table {
  const metadata = table.schema.metadata;
  const schema: TableSchema = {
    fields: table.schema.fields.map((field) => arrowField(field)),
    ...(metadata && metadata.size > 0 && { metadata: Object.fromEntries(metadata) }),
  };
  checkSchema(schema);
  return { schema, batches: { [Symbol.iterator]: () => batchesOf(table, schema) } };
}

function* batchesOf(
  { batches }: ArrowTableLike,
  { fields }: TableSchema,
): Generator<TableBatch, void, undefined> {
  const dictionaries: DictionaryCache = new Map();
  for (const { data } of batches) {
    const columns = fields.map(({ type, name }, i) =>
      readArrowColumn(type, data.children[i] as ArrowData, name, dictionaries),
    );
    yield { rows: data.length, columns };
  }
}
