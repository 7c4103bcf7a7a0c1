import {
  ARROW,
  type ColumnType,
  type Field,
  TIME_UNITS,
  type TimeUnit,
} from "../../table/index.js";
import { type FlatFields, type FlatNumber, flatMessage } from "./flat-message.js";
import { CONTINUATION, FIELD, MESSAGE, SCHEMA, SCHEMA_HEADER, VERSION } from "./numbers.js";

/** The file's key-value entry in which Arrow's libraries keep the types that a table had. */
export const ARROW_SCHEMA_KEY = "ARROW:schema";

/**
 * The entry for a table with columns that Parquet stores as others: durations (as INT64), time zones but UTC, and
 * seconds (as milliseconds). Nothing if there are none. An encapsulated IPC message in base64, as in
 * https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format.
 */
export function arrowSchemaEntry(fields: readonly Field[]): Readonly<Record<string, string>> {
  if (!fields.some(({ type }) => holdsOther(type))) return {};
  const schema = table({ [SCHEMA.fields]: { tables: fields.map(flatField) } });
  const message = flatMessage(
    table({
      [MESSAGE.version]: int16(VERSION),
      [MESSAGE.headerType]: uint8(SCHEMA_HEADER),
      [MESSAGE.header]: schema,
    }),
  );
  const length = Math.ceil(message.length / 8) * 8;
  const bytes = Buffer.alloc(8 + length);
  bytes.writeUInt32LE(CONTINUATION, 0);
  bytes.writeUInt32LE(length, 4);
  bytes.set(message, 8);
  return { [ARROW_SCHEMA_KEY]: bytes.toString("base64") };
}

function holdsOther(type: ColumnType): boolean {
  switch (type.kind) {
    case "list":
      return holdsOther(type.item.type);
    case "struct":
      return type.fields.some((field) => holdsOther(field.type));
    case "duration":
      return true;
    case "time":
      return type.unit === "s";
    case "timestamp":
      return type.unit === "s" || (type.zone !== undefined && type.zone !== "UTC");
    default:
      return false;
  }
}

function flatField({ name, type, nullable }: Field): FlatFields {
  const { typeId, facts = {} } = flatType(type);
  const children = type.kind === "list" ? [type.item] : type.kind === "struct" ? type.fields : [];
  return table({
    [FIELD.name]: { text: name },
    [FIELD.nullable]: uint8(nullable ? 1 : 0),
    [FIELD.typeId]: uint8(typeId),
    [FIELD.type]: table(facts),
    [FIELD.children]: { tables: children.map(flatField) },
  });
}

/** A type's number, and its fields in the order of Schema.fbs. */
function flatType(type: ColumnType): { typeId: number; facts?: Parameters<typeof table>[0] } {
  switch (type.kind) {
    case "bool":
      return { typeId: ARROW.bool };
    case "int":
      return { typeId: ARROW.int, facts: { 0: int32(type.bits), 1: uint8(type.signed ? 1 : 0) } };
    case "float":
      return { typeId: ARROW.float, facts: { 0: int16([16, 32, 64].indexOf(type.bits)) } };
    case "string":
      return { typeId: ARROW.utf8 };
    case "bytes":
      return { typeId: ARROW.binary };
    case "date":
      return { typeId: ARROW.date, facts: { 0: int16(DAYS) } };
    case "time": {
      const bits = type.unit === "s" || type.unit === "ms" ? 32 : 64;
      return { typeId: ARROW.time, facts: { 0: unit(type.unit), 1: int32(bits) } };
    }
    case "timestamp": {
      const zone = type.zone === undefined ? undefined : { text: type.zone };
      return { typeId: ARROW.timestamp, facts: { 0: unit(type.unit), 1: zone } };
    }
    case "duration":
      return { typeId: ARROW.duration, facts: { 0: unit(type.unit) } };
    case "decimal": {
      const { precision, scale } = type;
      return {
        typeId: ARROW.decimal,
        facts: { 0: int32(precision), 1: int32(scale), 2: int32(128) },
      };
    }
    case "list":
      return { typeId: ARROW.list };
    case "struct":
      return { typeId: ARROW.struct };
  }
}

/** Of the enumeration `DateUnit`. */
const DAYS = 0;

function unit(of: TimeUnit): FlatNumber {
  return int16(TIME_UNITS.indexOf(of));
}

/** By the numbers of the fields. */
function table(values: Readonly<Record<number, FlatFields["fields"][number]>>): FlatFields {
  const fields: FlatFields["fields"][number][] = [];
  for (const [field, value] of Object.entries(values)) fields[Number(field)] = value;
  return { fields: Array.from(fields) };
}

function uint8(number: number): FlatNumber {
  return { bytes: 1, number };
}

function int16(number: number): FlatNumber {
  return { bytes: 2, number };
}

function int32(number: number): FlatNumber {
  return { bytes: 4, number };
}
