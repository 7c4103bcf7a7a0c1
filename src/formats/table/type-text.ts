import type { ColumnType } from "./table.js";

/** A type as people write it: `int64`, `timestamp[us, UTC]`, `list<float32>`. */
export function typeText(type: ColumnType): string {
  switch (type.kind) {
    case "int":
      return `${type.signed ? "" : "u"}int${type.bits}`;
    case "float":
      return `float${type.bits}`;
    case "timestamp":
      return `timestamp[${type.unit}${type.zone === undefined ? "" : `, ${type.zone}`}]`;
    case "time":
    case "duration":
      return `${type.kind}[${type.unit}]`;
    case "decimal":
      return `decimal(${type.precision}, ${type.scale})`;
    case "list":
      return `list<${typeText(type.item.type)}>`;
    case "struct":
      return `struct<${type.fields.map(({ name, type }) => `${name}: ${typeText(type)}`).join(", ")}>`;
    default:
      return type.kind;
  }
}
