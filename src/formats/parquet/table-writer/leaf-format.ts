import type { ColumnType, TimeUnit } from "../../table/index.js";
import { invalid } from "../column.js";
import { CompactWriter } from "../compact-writer.js";
import { type LogicalType, PHYSICAL, STRING_FORMAT, type ValueFormat } from "../schema-element.js";

/** What a column without columns below it holds. */
export type LeafType = Exclude<ColumnType, { kind: "list" | "struct" }>;

/** Parquet has no seconds: they are written as milliseconds. */
export type StoredUnit = Exclude<TimeUnit, "s">;

/** Fields of parquet.thrift's unions `LogicalType` and `TimeUnit`. */
const LOGICAL = { decimal: 5, date: 6, time: 7, timestamp: 8, integer: 10, float16: 15 } as const;
const UNITS = { ms: 1, us: 2, ns: 3 } as const;

/** Numbers of parquet.thrift's `ConvertedType`; the integers of 8, 16, 32 and 64 bits follow each other. */
const CONVERTED = { decimal: 5, date: 6, time: 7, timestamp: 9, unsigned: 11, signed: 15 } as const;

const HALF_FORMAT: ValueFormat = {
  physical: PHYSICAL.fixedLengthByteArray,
  typeLength: 2,
  logical: { field: LOGICAL.float16, struct: () => new CompactWriter() },
};

/** The format in which pyarrow writes the type, too, but for decimals: it has all of them as bytes of fixed length. */
export function leafFormat(type: LeafType): ValueFormat {
  switch (type.kind) {
    case "bool":
      return { physical: PHYSICAL.boolean };
    case "int":
      return integerFormat(type.bits, type.signed);
    case "float":
      if (type.bits === 16) return HALF_FORMAT;
      return { physical: type.bits === 32 ? PHYSICAL.float : PHYSICAL.double };
    case "string":
      return STRING_FORMAT;
    case "bytes":
      return { physical: PHYSICAL.byteArray };
    case "date": {
      const logical = { field: LOGICAL.date, struct: () => new CompactWriter() };
      return { physical: PHYSICAL.int32, converted: CONVERTED.date, logical };
    }
    case "time": {
      const unit = storedUnit(type.unit);
      return {
        physical: unit === "ms" ? PHYSICAL.int32 : PHYSICAL.int64,
        converted: convertedTime(CONVERTED.time, unit),
        logical: timeType(LOGICAL.time, true, unit),
      };
    }
    case "timestamp": {
      const unit = storedUnit(type.unit);
      const instant = type.zone !== undefined;
      return {
        physical: PHYSICAL.int64,
        // The converted types mean instants.
        converted: instant ? convertedTime(CONVERTED.timestamp, unit) : undefined,
        logical: timeType(LOGICAL.timestamp, instant, unit),
      };
    }
    case "duration":
      return { physical: PHYSICAL.int64 };
    case "decimal":
      return decimalFormat(type.precision, type.scale);
    default:
      throw invalid(`there is no column of the kind ${(type as ColumnType).kind}`);
  }
}

export function storedUnit(unit: TimeUnit): StoredUnit {
  return unit === "s" ? "ms" : unit;
}

/** Bytes that any number of so many decimal digits fits in, in two's complement. */
export function decimalBytes(precision: number): number {
  for (let bytes = 1; ; bytes++) {
    if (2n ** BigInt(8 * bytes - 1) >= 10n ** BigInt(precision)) return bytes;
  }
}

function integerFormat(bits: number, signed: boolean): ValueFormat {
  const physical = bits === 64 ? PHYSICAL.int64 : PHYSICAL.int32;
  // The physical types are signed already.
  if (signed && bits >= 32) return { physical };
  const first = signed ? CONVERTED.signed : CONVERTED.unsigned;
  return {
    physical,
    converted: first + Math.log2(bits / 8),
    logical: {
      field: LOGICAL.integer,
      struct: () => new CompactWriter().int8(1, bits).flag(2, signed),
    },
  };
}

function decimalFormat(precision: number, scale: number): ValueFormat {
  const digits = { scale, precision };
  const logical = {
    field: LOGICAL.decimal,
    struct: () => new CompactWriter().int32(1, scale).int32(2, precision),
  };
  const common = { converted: CONVERTED.decimal, digits, logical };
  if (precision <= 9) return { physical: PHYSICAL.int32, ...common };
  if (precision <= 18) return { physical: PHYSICAL.int64, ...common };
  const typeLength = decimalBytes(precision);
  return { physical: PHYSICAL.fixedLengthByteArray, typeLength, ...common };
}

/** There is none for nanoseconds. */
function convertedTime(milliseconds: number, unit: StoredUnit): number | undefined {
  if (unit === "ns") return undefined;
  return unit === "ms" ? milliseconds : milliseconds + 1;
}

function timeType(field: number, instant: boolean, unit: StoredUnit): LogicalType {
  const struct = () => {
    const union = new CompactWriter().struct(UNITS[unit], new CompactWriter());
    return new CompactWriter().flag(1, instant).struct(2, union);
  };
  return { field, struct };
}
