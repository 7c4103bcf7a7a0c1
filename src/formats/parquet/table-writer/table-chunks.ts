import { OutputPieces } from "../../output-pieces.js";
import { checkSchema, type Table } from "../../table/index.js";
import { ARROW_SCHEMA_KEY, arrowSchemaEntry } from "../arrow-schema/index.js";
import { checkMetadata } from "../column.js";
import { compressor } from "../compressor.js";
import { checkBatch } from "./check-batch.js";
import { fieldTree } from "./field-tree.js";
import { type TableParquetOptions, TableWriter } from "./table-writer.js";

const MAGIC = Buffer.from("PAR1");

/**
 * A table as a Parquet file, in chunks, each valid until the next one is asked for, in memory of one row group. The
 * encoding is PLAIN, with page boundaries that follow the content: versions of a table whose rows or cells differ a
 * little have most of their bytes in common, which chunk stores find. The same rows and options make the same bytes,
 * however the rows are split into batches. What Parquet has no type for is told in the entry `ARROW:schema`.
 *
 * Throws `invalid-argument` for a schema that a file cannot have, and for batches and values that do not fit it, each
 * batch before anything of it is written.
 */
export async function* tableParquetChunks(
  { schema, batches }: Table,
  options: TableParquetOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  checkSchema(schema);
  const tree = fieldTree(schema.fields);
  const entries = Object.entries(schema.metadata ?? {}).filter(([key]) => key !== ARROW_SCHEMA_KEY);
  const metadata = { ...Object.fromEntries(entries), ...arrowSchemaEntry(schema.fields) };
  checkMetadata(metadata);
  const compress = await compressor(options.compression ?? "none");
  const writer = new TableWriter(tree, options, compress, MAGIC.length);
  const output = new OutputPieces();
  for (const chunk of output.add(MAGIC)) yield chunk;
  for await (const batch of batches) {
    checkBatch(tree.nodes, batch);
    for (const piece of writer.add(batch)) yield* output.add(piece);
  }
  for (const piece of writer.end(metadata)) yield* output.add(piece);
  yield* output.flush();
}
