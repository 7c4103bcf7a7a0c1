import type { ColumnData, ColumnValues } from "../../formats/index.js";

/** The rows of a column from `start` up to and without `end`, without a copy of numbers. */
export function slicedColumn(column: ColumnValues, start: number, end: number): ColumnValues {
  if (start === 0 && end === column.length) return column;
  const data = slicedData(column.data, start, end);
  const length = end - start;
  return column.valid === undefined
    ? { length, data }
    : { length, data, valid: column.valid.subarray(start, end) };
}

function slicedData(data: ColumnData, start: number, end: number): ColumnData {
  if ("offsets" in data) return { ...data, offsets: data.offsets.subarray(start, end + 1) };
  if ("fields" in data)
    return { fields: data.fields.map((field) => slicedColumn(field, start, end)) };
  if (ArrayBuffer.isView(data)) return data.subarray(start, end);
  return data.slice(start, end) as ColumnData;
}
