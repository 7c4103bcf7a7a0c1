import type { ColumnData, ColumnType } from "../../../formats/index.js";
import { pythonFloat } from "./python-text.js";

const DAY_MS = 86_400_000;

/**
 * Python's `str()` of the values of a column that held objects: `True`, `1`, `1.0`, `2024-01-15`, `1.50`. Undefined where
 * the file does not tell what the objects were.
 */
export function objectText(
  type: ColumnType,
  data: ColumnData,
): ((row: number) => string) | undefined {
  switch (type.kind) {
    case "bool":
      return (row) => ((data as Uint8Array)[row] === 0 ? "False" : "True");
    case "int":
      return (row) => String((data as Int32Array)[row]);
    case "float":
      return type.bits === 64 ? (row) => pythonFloat((data as Float64Array)[row]!) : undefined;
    case "date":
      return (row) => dateText((data as Int32Array)[row]!);
    case "decimal":
      return (row) => decimal((data as readonly bigint[])[row]!, type.scale);
    default:
      return undefined;
  }
}

/** Python's dates are of the years 1 to 9999. */
function dateText(days: number): string {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

function decimal(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? "-" : "";
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  if (scale <= 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
