import { viewOf } from "../../little-endian.js";
import {
  ARROW,
  type ColumnType,
  type Field,
  TIME_UNITS,
  type TimeUnit,
} from "../../table/index.js";
import { orCorrupt } from "../corrupt-parquet.js";
import type { ParquetMetadata } from "../metadata.js";
import { ARROW_SCHEMA_KEY } from "./arrow-schema-entry.js";
import { FlatTable } from "./flat-table.js";
import { CONTINUATION, FIELD, MESSAGE, SCHEMA, SCHEMA_HEADER } from "./numbers.js";

const LISTS: readonly number[] = [ARROW.list, ARROW.fixedSizeList, ARROW.largeList];
/** Fields of these types, and their values where they are not there. */
const TIME = { unit: 0, zone: 1 } as const;
const SECONDS = 0;
const MILLISECONDS = 1;

/**
 * Fields with what Arrow's schema tells of them and Parquet has no word for: durations, which are stored as INT64, zones
 * of instants, and, in files of our own, seconds. As Arrow's reader does, it takes all else from Parquet's types.
 * `names` are those of all columns: a schema of other columns is not the file's, as programs pass the entry on. Throws
 * `corrupt-format` for an entry that is no schema.
 */
export function withArrowTypes(
  fields: readonly Field[],
  names: readonly string[],
  { keyValues, createdBy }: ParquetMetadata,
): readonly Field[] {
  const text = keyValues.get(ARROW_SCHEMA_KEY);
  if (text === undefined) return fields;
  const isOurs = createdBy?.startsWith("lodestore") === true;
  return orCorrupt(`its entry ${ARROW_SCHEMA_KEY}`, () => {
    const schema = schemaOf(Buffer.from(text, "base64"));
    if (!hasFields(schema, SCHEMA.fields, names)) return fields;
    return fields.map((field) =>
      withArrowType(field, schema.item(SCHEMA.fields, names.indexOf(field.name)), isOurs),
    );
  });
}

/** Of an encapsulated IPC message. */
function schemaOf(bytes: Uint8Array): FlatTable {
  const start = viewOf(bytes).getUint32(0, true);
  const message = FlatTable.root(bytes.subarray(start === CONTINUATION ? 8 : 4));
  const schema = message.table(MESSAGE.header);
  if (message.uint8(MESSAGE.headerType) !== SCHEMA_HEADER || schema === undefined) {
    throw new RangeError("it is another message");
  }
  return schema;
}

/** Whether these are the names of the fields there, in this order. */
function hasFields(table: FlatTable, vector: number, names: readonly string[]): boolean {
  return (
    table.count(vector) === names.length &&
    names.every((name, i) => table.item(vector, i).text(FIELD.name) === name)
  );
}

function withArrowType(field: Field, arrow: FlatTable, isOurs: boolean): Field {
  const type = arrowType(field.type, arrow, isOurs);
  return type === field.type ? field : { ...field, type };
}

function arrowType(stored: ColumnType, arrow: FlatTable, isOurs: boolean): ColumnType {
  const typeId = arrow.uint8(FIELD.typeId);
  const child = (i: number) => arrow.item(FIELD.children, i);
  switch (stored.kind) {
    case "list":
      if (!LISTS.includes(typeId) || arrow.count(FIELD.children) !== 1) return stored;
      return { ...stored, item: withArrowType(stored.item, child(0), isOurs) };
    case "struct": {
      const names = stored.fields.map(({ name }) => name);
      if (typeId !== ARROW.struct || !hasFields(arrow, FIELD.children, names)) return stored;
      const fields = stored.fields.map((part, i) => withArrowType(part, child(i), isOurs));
      return { ...stored, fields };
    }
    case "timestamp": {
      if (typeId !== ARROW.timestamp) return stored;
      const zone = stored.zone && (arrow.table(FIELD.type)?.text(TIME.zone) || stored.zone);
      const unit = isOurs && stored.unit === "ms" ? unitOf(arrow, SECONDS) : stored.unit;
      return { ...stored, unit, ...(zone && { zone }) };
    }
    case "time": {
      if (typeId !== ARROW.time || !isOurs || stored.unit !== "ms") return stored;
      return { ...stored, unit: unitOf(arrow, MILLISECONDS) };
    }
    case "int":
      if (typeId !== ARROW.duration || stored.bits !== 64 || !stored.signed) return stored;
      return { kind: "duration", unit: unitOf(arrow, MILLISECONDS) };
    default:
      return stored;
  }
}

function unitOf(arrow: FlatTable, absent: number): TimeUnit {
  const unit = TIME_UNITS[arrow.table(FIELD.type)?.int16(TIME.unit, absent) ?? absent];
  if (unit === undefined) throw new RangeError("a time of an unknown unit");
  return unit;
}
