import { float16Bits } from "../float16.js";
import { LONE_SURROGATE } from "../lone-surrogate.js";
import type { Cell, CellReader, FlatType } from "./build-column.js";
import { parseDecimal } from "./decimal.js";
import { invalidTable } from "./invalid-table.js";
import type { TimeUnit } from "./table.js";

export const DAY_MS = 86_400_000;

/** Ticks in a second. */
const TICKS: Readonly<Record<TimeUnit, bigint>> = {
  s: 1n,
  ms: 1000n,
  us: 1_000_000n,
  ns: 1_000_000_000n,
};

/** Values of JavaScript, as {@link recordsTable} takes them. */
export const jsCells: CellReader = (type) => {
  switch (type.kind) {
    case "bool":
      return (value) => (typeof value === "boolean" ? Number(value) : undefined);
    case "int":
      return type.bits === 64 ? int64(type.signed) : smallInt(type.bits, type.signed);
    case "float":
      if (type.bits === 16) return half;
      return (value) => (typeof value === "number" ? value : undefined);
    case "string":
      return text;
    case "bytes":
      return (value) => (value instanceof Uint8Array ? value : undefined);
    case "date":
      return days;
    case "timestamp":
      return (value) => (value instanceof Date ? ticksOf(value, type.unit) : asInt64(value));
    case "time":
    case "duration":
      return asInt64;
    case "decimal":
      return decimal(type);
  }
};

function smallInt(bits: number, signed: boolean): (value: unknown) => Cell | undefined {
  const min = signed ? -(2 ** (bits - 1)) : 0;
  const max = 2 ** (signed ? bits - 1 : bits) - 1;
  return (value) => {
    const number = typeof value === "bigint" ? Number(value) : value;
    return Number.isInteger(number) && (number as number) >= min && (number as number) <= max
      ? (number as number)
      : undefined;
  };
}

function int64(signed: boolean): (value: unknown) => Cell | undefined {
  const wrapped = signed ? BigInt.asIntN : BigInt.asUintN;
  return (value) => {
    const whole = Number.isSafeInteger(value) ? BigInt(value as number) : value;
    return typeof whole === "bigint" && wrapped(64, whole) === whole ? whole : undefined;
  };
}

function asInt64(value: unknown): bigint | undefined {
  return typeof value === "bigint" && BigInt.asIntN(64, value) === value ? value : undefined;
}

function half(value: unknown): number | undefined {
  return typeof value === "number" ? float16Bits(value) : undefined;
}

function text(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (LONE_SURROGATE.test(value)) throw invalidTable("text has half of a surrogate pair");
  return value;
}

function days(value: unknown): number | undefined {
  const count = value instanceof Date ? value.getTime() / DAY_MS : value;
  return Number.isInteger(count) && Math.abs(count as number) < 2 ** 31
    ? (count as number)
    : undefined;
}

function ticksOf(date: Date, unit: TimeUnit): bigint | undefined {
  const time = date.getTime();
  if (Number.isNaN(time) || (unit === "s" && time % 1000 !== 0)) return undefined;
  return asInt64((BigInt(time) * TICKS[unit]) / 1000n);
}

function decimal(type: FlatType & { kind: "decimal" }): (value: unknown) => Cell | undefined {
  return (value) =>
    typeof value === "string" ? parseDecimal(value, type.precision, type.scale) : undefined;
}
