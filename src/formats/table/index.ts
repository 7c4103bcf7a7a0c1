// Tables as streams of batches of typed columns with nulls, in Arrow's terms without its encodings:
// the types, tables out of records, arrays and Arrow tables, and back. Knows no file format: Parquet
// files become tables, and tables Parquet files, in ../parquet. Defines Table, TableBatch,
// TableSchema, Field, ColumnType (what a column holds) and ColumnValues (its values in one batch).

export { type ArrowTableLike, arrowTable } from "./arrow.js";
export { ARROW } from "./arrow-type.js";
export { tableBatches } from "./batches.js";
export { buildColumn, type Cell, type CellReader, type FlatType, zeros } from "./build-column.js";
export { checkSchema } from "./check-schema.js";
export {
  type ColumnInput,
  type ColumnsOptions,
  columnsTable,
  type TableArray,
  tableColumns,
} from "./columns.js";
export { decimalText } from "./decimal.js";
export { type RecordsOptions, recordsTable, type TableRecord, tableRecords } from "./records.js";
export {
  type ColumnData,
  type ColumnType,
  type ColumnValues,
  type Field,
  type ListData,
  type StructData,
  type Table,
  type TableBatch,
  type TableSchema,
  TIME_UNITS,
  type TimeUnit,
} from "./table.js";
export { typeText } from "./type-text.js";
