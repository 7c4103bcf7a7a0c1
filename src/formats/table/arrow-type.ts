import { quotedName, unsupportedTable } from "./invalid-table.js";
import { type ColumnType, type Field, TIME_UNITS } from "./table.js";

/** What is used of a field of apache-arrow's. */
export interface ArrowField {
  readonly name: string;
  readonly type: ArrowType;
  readonly nullable: boolean;
}

/** What is used of a type of apache-arrow's. */
export interface ArrowType {
  readonly typeId: number;
  readonly bitWidth?: number | undefined;
  readonly isSigned?: boolean | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  readonly unit?: number | undefined;
  readonly timezone?: string | null | undefined;
  readonly byteWidth?: number | undefined;
  readonly listSize?: number | undefined;
  readonly children?: readonly ArrowField[] | null | undefined;
  /** Of a dictionary: the type of its values. */
  readonly dictionary?: ArrowType | undefined;
}

/** The union `Type` of Arrow's Schema.fbs; a dictionary is none there, and has a number of apache-arrow's. */
export const ARROW = {
  dictionary: -1,
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  list: 12,
  struct: 13,
  fixedSizeBinary: 15,
  fixedSizeList: 16,
  duration: 18,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
} as const;

/** The field as ours. Throws as {@link arrowColumnType}. */
export function arrowField(field: ArrowField, shownAs = field.name): Field {
  const { name, type, nullable } = field;
  // Some writers do not say so of a column that has nothing else.
  const hasNulls = nullable || type.typeId === ARROW.null;
  return { name, type: arrowColumnType(type, shownAs), nullable: hasNulls };
}

const FLOAT_BITS: readonly (16 | 32 | 64)[] = [16, 32, 64];
const MAX_DECIMAL_BITS = 128;

/** What a column of Arrow's holds. Throws `unsupported` for types that ours have no place for. */
export function arrowColumnType(type: ArrowType, name: string): ColumnType {
  const unit = TIME_UNITS[type.unit ?? -1];
  switch (type.typeId) {
    case ARROW.null:
    case ARROW.utf8:
    case ARROW.largeUtf8:
      return { kind: "string" };
    case ARROW.binary:
    case ARROW.largeBinary:
    case ARROW.fixedSizeBinary:
      return { kind: "bytes" };
    case ARROW.bool:
      return { kind: "bool" };
    case ARROW.int:
      return {
        kind: "int",
        bits: type.bitWidth as 8 | 16 | 32 | 64,
        signed: type.isSigned === true,
      };
    case ARROW.float: {
      const bits = FLOAT_BITS[type.precision ?? 0];
      if (bits !== undefined) return { kind: "float", bits };
      break;
    }
    case ARROW.decimal: {
      const { precision = 0, scale = 0, bitWidth = MAX_DECIMAL_BITS } = type;
      if (bitWidth <= MAX_DECIMAL_BITS) return { kind: "decimal", precision, scale };
      throw unsupportedTable(`the column ${quotedName(name)} has decimals of ${bitWidth} bits`);
    }
    case ARROW.date:
      return { kind: "date" };
    case ARROW.dictionary:
      return arrowColumnType(type.dictionary as ArrowType, name);
    case ARROW.list:
    case ARROW.fixedSizeList: {
      const [item] = type.children ?? [];
      if (item === undefined) break;
      return { kind: "list", item: arrowField(item, `${name}[]`) };
    }
    case ARROW.struct:
      return {
        kind: "struct",
        fields: (type.children ?? []).map((field) => arrowField(field, `${name}.${field.name}`)),
      };
  }
  if (unit !== undefined) {
    if (type.typeId === ARROW.time) return { kind: "time", unit };
    if (type.typeId === ARROW.duration) return { kind: "duration", unit };
    if (type.typeId === ARROW.timestamp) {
      return type.timezone
        ? { kind: "timestamp", unit, zone: type.timezone }
        : { kind: "timestamp", unit };
    }
  }
  throw unsupportedTable(`the column ${quotedName(name)} is of Arrow's type ${String(type)}`);
}
