// Parquet files: the footer and columns of row groups are read by ranges, decoded by hyparquet
// (loaded at first use) behind checks of our own; plain files are written as a stream whose length
// can be told before. No encryption, no VARIANT, no page indexes. Defines ParquetGroup (the values
// of a row group by column, to be written) and ParquetRows (the same, as they are read).

export type { ParquetColumn, ParquetColumnType, ParquetLengths, ParquetValues } from "./column.js";
export type { ParquetCompression } from "./footer-writer.js";
export {
  type ParquetField,
  type ParquetMetadata,
  type ParquetMetadataOptions,
  readParquetMetadata,
} from "./metadata.js";
export type { ParquetSegment } from "./pages.js";
export {
  type ParquetDecoded,
  type ParquetReadOptions,
  type ParquetRows,
  readParquet,
} from "./read.js";
export { type ParquetTableOptions, parquetTable } from "./table-reader/index.js";
export { type TableParquetOptions, tableParquetChunks } from "./table-writer/index.js";
export {
  type ParquetGroup,
  type ParquetGroupShape,
  type ParquetLayoutOptions,
  type ParquetWriteOptions,
  parquetChunks,
  parquetSegments,
  parquetSize,
} from "./write.js";
