import { LONE_SURROGATE } from "../lone-surrogate.js";
import { invalidTable, quotedName } from "./invalid-table.js";
import { type ColumnType, type Field, type TableSchema, TIME_UNITS } from "./table.js";

const MAX_DEPTH = 64;
const MAX_PRECISION = 38;

/** Throws `invalid-argument` unless these are types and names that a table can have, each name once on its level. */
export function checkSchema(schema: TableSchema): void {
  checkFields(schema.fields, 0);
}

function checkFields(fields: readonly Field[], depth: number): void {
  if (depth > MAX_DEPTH) throw invalidTable(`its types have more than ${MAX_DEPTH} levels`);
  const names = new Set<string>();
  for (const { name, type } of fields) {
    if (typeof name !== "string" || LONE_SURROGATE.test(name) || name === "__proto__") {
      throw invalidTable(`${quotedName(String(name))} is no name of a column`);
    }
    if (names.has(name)) throw invalidTable(`two columns have the name ${quotedName(name)}`);
    names.add(name);
    checkType(type, name, depth);
  }
}

function checkType(type: ColumnType, name: string, depth: number): void {
  if (!isType(type)) throw invalidTable(`the column ${quotedName(name)} is of no known type`);
  if (type.kind === "list") checkFields([type.item], depth + 1);
  if (type.kind === "struct") checkFields(type.fields, depth + 1);
}

function isType(type: ColumnType): boolean {
  switch (type.kind) {
    case "bool":
    case "string":
    case "bytes":
    case "date":
    case "list":
    case "struct":
      return true;
    case "int":
      return [8, 16, 32, 64].includes(type.bits);
    case "float":
      return [16, 32, 64].includes(type.bits);
    case "timestamp":
    case "time":
    case "duration":
      return TIME_UNITS.includes(type.unit);
    case "decimal": {
      const { precision, scale } = type;
      const whole = Number.isInteger(precision) && Number.isInteger(scale);
      return (
        whole && precision >= 1 && precision <= MAX_PRECISION && scale >= 0 && scale <= precision
      );
    }
    default:
      return false;
  }
}
