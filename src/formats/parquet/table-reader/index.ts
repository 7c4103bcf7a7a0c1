// Parquet files as tables: the types that the footer tells, and values as they are stored, exact where
// dates and numbers of JavaScript would not be. Decoding is that of ../read.ts. Defines stored (of a
// value: in the physical type of the file, before its meaning).

export { type ParquetTableOptions, parquetTable } from "./parquet-table.js";
