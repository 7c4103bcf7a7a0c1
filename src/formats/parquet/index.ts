// Parquet files written as a stream whose length can be told before: plain columns, row groups of
// bounded size, padding to an exact length. No encodings, no encryption. Defines ParquetGroup (the
// values of a row group by column).
export type { ParquetColumn, ParquetColumnType, ParquetLengths, ParquetValues } from "./column.js";
export type { ParquetCompression } from "./footer-writer.js";
export type { ParquetSegment } from "./pages.js";
export {
  type ParquetGroup,
  type ParquetGroupShape,
  type ParquetLayoutOptions,
  type ParquetWriteOptions,
  parquetChunks,
  parquetSegments,
  parquetSize,
} from "./write.js";
