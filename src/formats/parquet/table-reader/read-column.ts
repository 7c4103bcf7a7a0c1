import { buildColumn, type ColumnData, type ColumnValues, type Field } from "../../table/index.js";
import { corruptParquet } from "../corrupt-parquet.js";
import type { ParquetDecoded } from "../read.js";
import { storedCells } from "./stored-cells.js";

/** A column of a row group out of values as they are stored; numbers of the same width are not copied. */
export function readColumn(field: Field, values: ParquetDecoded): ColumnValues {
  const data = ArrayBuffer.isView(values) ? sameWords(field, values) : undefined;
  if (data !== undefined) return { length: values.length, data };
  try {
    return buildColumn(field, values, storedCells);
  } catch (error) {
    const name = JSON.stringify(field.name);
    throw corruptParquet(`column ${name} has values that are not of its type`, error);
  }
}

/** Values without nulls, which come as typed arrays, as the array of the field's type; undefined if that is another. */
function sameWords({ type }: Field, values: ArrayBufferView): ColumnData | undefined {
  if (values instanceof Float32Array || values instanceof Float64Array) return values;
  const { buffer, byteOffset } = values;
  const seconds = "unit" in type && type.unit === "s" && type.kind !== "duration";
  if (values instanceof BigInt64Array && !seconds) {
    if (type.kind !== "int") return type.kind === "decimal" ? undefined : values;
    return type.signed ? values : new BigUint64Array(buffer, byteOffset, values.length);
  }
  if (!(values instanceof Int32Array)) return undefined;
  if (type.kind === "float" && type.bits === 16) return Uint16Array.from(values);
  if (type.kind === "date") return values;
  if (type.kind !== "int" || type.bits !== 32) return undefined;
  return type.signed ? values : new Uint32Array(buffer, byteOffset, values.length);
}
