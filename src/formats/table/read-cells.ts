import { float16Value } from "../float16.js";
import { decimalText } from "./decimal.js";
import { DAY_MS } from "./js-cells.js";
import type { ColumnType, ColumnValues, ListData, StructData } from "./table.js";

/** The values of a column as JavaScript has them, null where there is none: see {@link tableRecords}. */
export function readCells(type: ColumnType, column: ColumnValues): unknown[] {
  const { length, valid } = column;
  const read = cellReader(type, column);
  const cells = new Array<unknown>(length);
  for (let row = 0; row < length; row++) cells[row] = valid?.[row] === 0 ? null : read(row);
  return cells;
}

function cellReader(type: ColumnType, { data }: ColumnValues): (row: number) => unknown {
  switch (type.kind) {
    case "list": {
      const { offsets, items } = data as ListData;
      const cells = readCells(type.item.type, items);
      return (row) => cells.slice(offsets[row], offsets[row + 1]);
    }
    case "struct": {
      const parts = (data as StructData).fields.map((column, i) => {
        const { name, type: part } = type.fields[i] as (typeof type.fields)[number];
        return [name, readCells(part, column)] as const;
      });
      return (row) => Object.fromEntries(parts.map(([name, cells]) => [name, cells[row]]));
    }
    default: {
      const values = data as ArrayLike<number | bigint | string | Uint8Array>;
      const convert = converter(type);
      if (convert === undefined) return (row) => values[row];
      return (row) => convert(values[row] as never);
    }
  }
}

function converter(type: ColumnType): ((value: never) => unknown) | undefined {
  switch (type.kind) {
    case "bool":
      return (value: number) => value !== 0;
    case "float":
      return type.bits === 16 ? float16Value : undefined;
    case "date":
      return (days: number) => new Date(days * DAY_MS);
    case "timestamp":
      if (type.unit === "s") return (ticks: bigint) => new Date(Number(ticks) * 1000);
      if (type.unit === "ms") return (ticks: bigint) => new Date(Number(ticks));
      return undefined;
    case "decimal":
      return (value: bigint) => decimalText(value, type.scale);
    default:
      return undefined;
  }
}
