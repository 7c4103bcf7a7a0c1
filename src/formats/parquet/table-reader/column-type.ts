import type { SchemaElement, SchemaTree } from "hyparquet";
import type { ColumnType, Field, TimeUnit } from "../../table/index.js";
import { unsupportedParquet } from "../corrupt-parquet.js";

type TimeLogical = Extract<NonNullable<SchemaElement["logical_type"]>, { type: "TIMESTAMP" }>;

const UNITS = { MILLIS: "ms", MICROS: "us", NANOS: "ns" } as const satisfies Record<
  string,
  TimeUnit
>;
const MAX_PRECISION = 38;
const TEXT = new Set(["UTF8", "STRING", "ENUM", "JSON"]);

/** What a column holds, by Parquet's LogicalTypes.md. Throws `unsupported` for what tables have no type for. */
export function columnField(tree: SchemaTree, shownAs = tree.element.name): Field {
  const { name, repetition_type: repetition } = tree.element;
  if (repetition === "REPEATED") throw refused(shownAs, "a repeated field that is no list");
  const type =
    tree.children.length > 0 ? groupType(tree, shownAs) : leafType(tree.element, shownAs);
  return { name, type, nullable: repetition === "OPTIONAL" };
}

/** The node of a list's items, or undefined where this is none as hyparquet puts lists together: three levels. */
export function listItem(tree: SchemaTree): SchemaTree | undefined {
  const { converted_type: converted, name } = tree.element;
  const [repeated] = tree.children;
  const [item] = repeated?.children ?? [];
  const threeLevels =
    converted === "LIST" &&
    tree.children.length === 1 &&
    repeated?.element.repetition_type === "REPEATED" &&
    repeated.children.length === 1 &&
    // By these names the repeated group is the item itself.
    repeated.element.name !== "array" &&
    repeated.element.name !== `${name}_tuple`;
  return threeLevels ? item : undefined;
}

function groupType(tree: SchemaTree, shownAs: string): ColumnType {
  const { converted_type: converted, logical_type: logical } = tree.element;
  const item = listItem(tree);
  if (item !== undefined) return { kind: "list", item: columnField(item, `${shownAs}[]`) };
  if (converted !== undefined || logical !== undefined) {
    const kind = logical?.type ?? converted;
    throw refused(shownAs, kind === "LIST" ? "a list of an old form" : `a ${String(kind)}`);
  }
  const fields = tree.children.map((child) =>
    columnField(child, `${shownAs}.${child.element.name}`),
  );
  return { kind: "struct", fields };
}

function leafType(element: SchemaElement, shownAs: string): ColumnType {
  const { type, converted_type: converted, logical_type: logical } = element;
  switch (logical?.type) {
    case undefined:
      return convertedType(element, shownAs);
    case "INTEGER":
      return { kind: "int", bits: logical.bitWidth as 8 | 16 | 32 | 64, signed: logical.isSigned };
    case "DATE":
      return { kind: "date" };
    case "TIME":
      return { kind: "time", unit: UNITS[(logical as unknown as TimeLogical).unit] };
    case "TIMESTAMP": {
      const unit = UNITS[logical.unit];
      return logical.isAdjustedToUTC
        ? { kind: "timestamp", unit, zone: "UTC" }
        : { kind: "timestamp", unit };
    }
    case "DECIMAL":
      return decimalType(logical.precision, logical.scale, shownAs);
    case "FLOAT16":
      if (type !== "FIXED_LEN_BYTE_ARRAY" || element.type_length !== 2) break;
      return { kind: "float", bits: 16 };
    case "STRING":
    case "ENUM":
    case "JSON":
    // A column of nulls only.
    case "NULL":
      return { kind: "string" };
    case "BSON":
    case "UUID":
      return { kind: "bytes" };
  }
  throw refused(shownAs, `the type ${logical?.type ?? converted ?? String(type)}`);
}

function convertedType(element: SchemaElement, shownAs: string): ColumnType {
  const { type, converted_type: converted, precision, scale } = element;
  const integer = /^(U?)INT_(8|16|32|64)$/.exec(converted ?? "");
  if (integer !== null) {
    return { kind: "int", bits: Number(integer[2]) as 8 | 16 | 32 | 64, signed: integer[1] === "" };
  }
  if (TEXT.has(converted ?? "")) return { kind: "string" };
  switch (converted) {
    case undefined:
    case "BSON":
      return physicalType(type, shownAs);
    case "DATE":
      return { kind: "date" };
    case "TIME_MILLIS":
      return { kind: "time", unit: "ms" };
    case "TIME_MICROS":
      return { kind: "time", unit: "us" };
    // These mean instants.
    case "TIMESTAMP_MILLIS":
      return { kind: "timestamp", unit: "ms", zone: "UTC" };
    case "TIMESTAMP_MICROS":
      return { kind: "timestamp", unit: "us", zone: "UTC" };
    case "DECIMAL":
      return decimalType(precision ?? 0, scale ?? 0, shownAs);
  }
  throw refused(shownAs, `the type ${converted}`);
}

function physicalType(type: SchemaElement["type"], shownAs: string): ColumnType {
  switch (type) {
    case "BOOLEAN":
      return { kind: "bool" };
    case "INT32":
      return { kind: "int", bits: 32, signed: true };
    case "INT64":
      return { kind: "int", bits: 64, signed: true };
    // A time of no zone is what it was used for.
    case "INT96":
      return { kind: "timestamp", unit: "ns" };
    case "FLOAT":
      return { kind: "float", bits: 32 };
    case "DOUBLE":
      return { kind: "float", bits: 64 };
    case "BYTE_ARRAY":
    case "FIXED_LEN_BYTE_ARRAY":
      return { kind: "bytes" };
  }
  throw refused(shownAs, "no type");
}

function decimalType(precision: number, scale: number, shownAs: string): ColumnType {
  if (precision <= MAX_PRECISION) return { kind: "decimal", precision, scale };
  throw refused(shownAs, `decimals of ${precision} digits`);
}

function refused(shownAs: string, what: string): Error {
  return unsupportedParquet(`${what} in the column ${JSON.stringify(shownAs.slice(0, 100))}`);
}
