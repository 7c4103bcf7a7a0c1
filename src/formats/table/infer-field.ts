import { isPlainObject } from "../plain-object.js";
import { describe, ownValue } from "./build-column.js";
import { invalidTable } from "./invalid-table.js";
import type { ColumnType, Field } from "./table.js";

/** Values that do not say their type themselves: arrays and objects are looked into. */
type Kind = ColumnType | "array" | "object" | TypedArrayName;

const TYPED_ARRAYS = {
  Int8Array: { kind: "int", bits: 8, signed: true },
  Uint8Array: { kind: "int", bits: 8, signed: false },
  Uint8ClampedArray: { kind: "int", bits: 8, signed: false },
  Int16Array: { kind: "int", bits: 16, signed: true },
  Uint16Array: { kind: "int", bits: 16, signed: false },
  Int32Array: { kind: "int", bits: 32, signed: true },
  Uint32Array: { kind: "int", bits: 32, signed: false },
  BigInt64Array: { kind: "int", bits: 64, signed: true },
  BigUint64Array: { kind: "int", bits: 64, signed: false },
  Float32Array: { kind: "float", bits: 32 },
  Float64Array: { kind: "float", bits: 64 },
} as const satisfies Record<string, ColumnType>;

type TypedArrayName = keyof typeof TYPED_ARRAYS;

const OF_TYPE: Readonly<Record<string, ColumnType>> = {
  number: { kind: "float", bits: 64 },
  bigint: { kind: "int", bits: 64, signed: true },
  boolean: { kind: "bool" },
  string: { kind: "string" },
};
const INSTANT: ColumnType = { kind: "timestamp", unit: "ms", zone: "UTC" };
const BYTES: ColumnType = { kind: "bytes" };

const MAX_DEPTH = 64;

/** The type of a typed array's elements; undefined for what is none. */
export function elementType(value: unknown): ColumnType | undefined {
  const name = typedArrayName(value);
  return name === undefined ? undefined : TYPED_ARRAYS[name];
}

/**
 * What a column of these values is; they are gone through several times. Nullable if a value is null or undefined. A
 * column without any value is of text. Throws `invalid-argument` for values of two types or of no type of a table.
 */
export function inferField(name: string, values: Iterable<unknown>, depth = 0): Field {
  const where = JSON.stringify(name);
  if (depth > MAX_DEPTH) throw invalidTable(`${where} has more than ${MAX_DEPTH} levels`);
  let kind: Kind | undefined;
  let first: unknown;
  let nullable = false;
  for (const value of values) {
    if (value === null || value === undefined) {
      nullable = true;
      continue;
    }
    const found = kindOf(value);
    if (found === undefined) {
      throw invalidTable(`the column ${where} has ${describe(value)}, which no type holds`);
    }
    if (kind !== undefined && found !== kind) {
      const both = `${describe(first)} and ${describe(value)}`;
      throw invalidTable(`the column ${where} has ${both}: make them one type, or give a schema`);
    }
    first ??= value;
    kind = found;
  }
  return { name, type: typeOf(kind ?? { kind: "string" }, values, depth), nullable };
}

function typeOf(kind: Kind, values: Iterable<unknown>, depth: number): ColumnType {
  if (typeof kind !== "string") return kind;
  if (kind === "array") {
    const items = { [Symbol.iterator]: () => itemsOf(values as Iterable<unknown[]>) };
    return { kind: "list", item: inferField("item", items, depth + 1) };
  }
  if (kind === "object") {
    const records = {
      [Symbol.iterator]: () => present(values as Iterable<Record<string, unknown>>),
    };
    return { kind: "struct", fields: inferFields(records, depth + 1) };
  }
  return { kind: "list", item: { name: "item", type: TYPED_ARRAYS[kind], nullable: false } };
}

/** A field for every key, in order of first appearance. */
export function inferFields(
  records: Iterable<Readonly<Record<string, unknown>>>,
  depth = 0,
): Field[] {
  const names = new Set<string>();
  for (const record of records) for (const name of Object.keys(record)) names.add(name);
  return [...names].map((name) =>
    inferField(name, { [Symbol.iterator]: () => valuesOf(records, name) }, depth),
  );
}

function kindOf(value: unknown): Kind | undefined {
  const type = OF_TYPE[typeof value];
  if (type !== undefined) return type;
  if (typeof value !== "object" || value === null) return undefined;
  if (value instanceof Date) return INSTANT;
  if (value instanceof Uint8Array) return BYTES;
  if (Array.isArray(value)) return "array";
  return typedArrayName(value) ?? (isPlainObject(value) ? "object" : undefined);
}

function typedArrayName(value: unknown): TypedArrayName | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  // Also of a Buffer, which is a kind of Uint8Array.
  const name = Reflect.get(value, Symbol.toStringTag) as string | undefined;
  return name !== undefined && Object.hasOwn(TYPED_ARRAYS, name)
    ? (name as TypedArrayName)
    : undefined;
}

function* itemsOf(
  lists: Iterable<unknown[] | null | undefined>,
): Generator<unknown, void, undefined> {
  for (const list of lists) if (list) yield* list;
}

function* present<T>(values: Iterable<T | null | undefined>): Generator<T, void, undefined> {
  for (const value of values) if (value !== null && value !== undefined) yield value;
}

function* valuesOf(
  records: Iterable<Readonly<Record<string, unknown>>>,
  name: string,
): Generator<unknown, void, undefined> {
  for (const record of records) yield ownValue(record, name);
}
