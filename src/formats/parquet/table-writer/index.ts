// A table written as a Parquet file whose bytes follow its content: versions of a table have most
// pages in common. Types of any depth, one encoding, no dictionaries and no page indexes. Defines
// leaf (a column of the file) and place (where a leaf column has a value, or tells that one is missing).

export { tableParquetChunks } from "./table-chunks.js";
export type { TableParquetOptions } from "./table-writer.js";
