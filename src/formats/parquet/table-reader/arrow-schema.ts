import { type Field, TIME_UNITS } from "../../table/index.js";
import { orCorrupt } from "../corrupt-parquet.js";
import type { ParquetMetadata } from "../metadata.js";
import { ARROW_SCHEMA_KEY } from "../table-writer/index.js";
import { FlatTable } from "./flat-table.js";

/** Numbers of fields in Arrow's Message.fbs and Schema.fbs. */
const MESSAGE = { headerType: 1, header: 2 } as const;
const SCHEMA = { fields: 1 } as const;
const FIELD = { name: 0, typeId: 2, type: 3, children: 5 } as const;
const TIMESTAMP = { zone: 1 } as const;
const DURATION = { unit: 0 } as const;

const SCHEMA_HEADER = 1;
/** A unit that is not there. */
const MILLISECONDS = 1;
/** Numbers of the union `Type`. */
const TYPE = {
  timestamp: 10,
  list: 12,
  struct: 13,
  fixedSizeList: 16,
  duration: 18,
  largeList: 21,
};
const LISTS = [TYPE.list, TYPE.fixedSizeList, TYPE.largeList];
/** In front of the length of a message since Arrow 0.15. */
const CONTINUATION = 0xffffffff;

/**
 * The fields of all columns with what Arrow's own schema tells of them and Parquet has no word for: durations, which
 * are stored as INT64, and zones of instants. As Arrow's reader does, it takes the rest from Parquet's types. A schema
 * of other columns is not the file's: programs pass the entry on. Throws `corrupt-format` for an entry that is no schema.
 */
export function withArrowTypes(
  fields: readonly Field[],
  names: readonly string[],
  { keyValues }: ParquetMetadata,
): readonly Field[] {
  const text = keyValues.get(ARROW_SCHEMA_KEY);
  if (text === undefined) return fields;
  return orCorrupt(`its entry ${ARROW_SCHEMA_KEY}`, () => {
    const schema = schemaOf(Buffer.from(text, "base64"));
    if (!hasFields(schema, SCHEMA.fields, names)) return fields;
    return fields.map((field) =>
      withArrowType(field, schema.item(SCHEMA.fields, names.indexOf(field.name))),
    );
  });
}

/** Of an encapsulated IPC message. */
function schemaOf(bytes: Uint8Array): FlatTable {
  const start = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
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

function withArrowType(field: Field, arrow: FlatTable): Field {
  const { type } = field;
  const typeId = arrow.uint8(FIELD.typeId);
  const facts = arrow.table(FIELD.type);
  if (type.kind === "list" && LISTS.includes(typeId) && arrow.count(FIELD.children) === 1) {
    const item = withArrowType(type.item, arrow.item(FIELD.children, 0));
    return { ...field, type: { kind: "list", item } };
  }
  if (type.kind === "struct" && typeId === TYPE.struct) {
    const names = type.fields.map(({ name }) => name);
    if (!hasFields(arrow, FIELD.children, names)) return field;
    const fields = type.fields.map((part, i) => withArrowType(part, arrow.item(FIELD.children, i)));
    return { ...field, type: { kind: "struct", fields } };
  }
  if (type.kind === "timestamp" && type.zone !== undefined && typeId === TYPE.timestamp) {
    const zone = facts?.text(TIMESTAMP.zone) || type.zone;
    return { ...field, type: { ...type, zone } };
  }
  if (type.kind === "int" && type.bits === 64 && type.signed && typeId === TYPE.duration) {
    const unit = TIME_UNITS[facts?.int16(DURATION.unit, MILLISECONDS) ?? MILLISECONDS];
    if (unit === undefined) throw new RangeError("a duration of an unknown unit");
    return { ...field, type: { kind: "duration", unit } };
  }
  return field;
}
