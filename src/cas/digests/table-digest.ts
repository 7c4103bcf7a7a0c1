import { LodeError } from "../../errors.js";
import { canonicalJson, checkSchema, type Table, tableBatches } from "../../formats/index.js";
import type { Digest } from "../keys.js";
import { ColumnHasher } from "./column-hasher.js";
import { digestOf } from "./value-digests.js";

const SCHEME = "table-v1";

/**
 * Scheme `table-v1`: of the names and order of columns, their types, and every value, null and row in order. It does
 * not depend on batches, row groups, dictionaries, compression, the writer, key-value metadata, names of list items,
 * or on whether a column without nulls could have some; times of all units agree on equal instants. In one pass, in
 * memory of one batch. Throws `invalid-argument` for batches that do not fit the schema, and what the table throws.
 */
export async function tableDigest(
  table: Table,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Digest> {
  checkSchema(table.schema);
  const { fields } = table.schema;
  const hashers = fields.map(({ name, type }) => new ColumnHasher(type, JSON.stringify(name)));
  let total = 0;
  for await (const { rows, columns } of tableBatches(table, signal)) {
    if (columns.length !== fields.length || columns.some(({ length }) => length !== rows)) {
      throw new LodeError({
        code: "invalid-argument",
        message: `a batch of the table does not have ${fields.length} columns of ${rows} rows`,
      });
    }
    for (const [i, column] of columns.entries()) hashers[i]?.add(column);
    total += rows;
  }
  const text = canonicalJson({
    scheme: SCHEME,
    rows: total,
    columns: fields.map(({ name }, i) => ({ name, ...hashers[i]?.finish() })),
  });
  return digestOf(SCHEME, text);
}
