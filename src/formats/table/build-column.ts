import { isPlainObject } from "../plain-object.js";
import { invalidTable } from "./invalid-table.js";
import type { ColumnData, ColumnType, ColumnValues, Field } from "./table.js";
import { typeText } from "./type-text.js";

export type FlatType = Exclude<ColumnType, { kind: "list" | "struct" }>;

/** What is stored of one value: see `ColumnValues.data` by kind. */
export type Cell = number | bigint | string | Uint8Array;

/** Gives for a flat type the function that turns a value, never null, into what is stored; undefined for another type's. */
export type CellReader = (type: FlatType) => (value: unknown) => Cell | undefined;

const NO_BYTES = new Uint8Array(0);
const MAX_ITEMS = 2 ** 31 - 1;

/**
 * A column out of values one by one, null and undefined where there is none. Lists are arrays or typed arrays, structs
 * objects. Throws `invalid-argument`, naming column and row (the first has the number `firstRow`), for a value of another
 * type and for a null in a field that has none.
 */
export function buildColumn(
  field: Field,
  values: ArrayLike<unknown>,
  cells: CellReader,
  firstRow = 0,
): ColumnValues {
  const place = { where: JSON.stringify(field.name), firstRow };
  return new ColumnBuilder(cells).column(field, values, place, undefined);
}

/** For messages. */
interface Place {
  readonly where: string;
  /** The number of the first value's row in the table; undefined for items of lists. */
  readonly firstRow: number | undefined;
}

function inRow({ firstRow }: Place, row: number): string {
  return firstRow === undefined ? "" : ` in row ${firstRow + row}`;
}

class ColumnBuilder {
  readonly #cells: CellReader;

  constructor(cells: CellReader) {
    this.#cells = cells;
  }

  /** `parent` has 0 where the struct around it is null: there a null is no value that is missing. */
  column(
    field: Field,
    values: ArrayLike<unknown>,
    place: Place,
    parent: Uint8Array | undefined,
  ): ColumnValues {
    const { length } = values;
    let valid: Uint8Array | undefined;
    for (let row = 0; row < length; row++) {
      if (values[row] !== null && values[row] !== undefined) continue;
      if (!field.nullable && parent?.[row] !== 0) {
        throw invalidTable(
          `the column ${place.where} is not nullable and has no value${inRow(place, row)}`,
        );
      }
      valid ??= new Uint8Array(length).fill(1);
      valid[row] = 0;
    }
    const data = this.#data(field.type, values, place, valid);
    return valid !== undefined && field.nullable ? { length, data, valid } : { length, data };
  }

  #data(
    type: ColumnType,
    values: ArrayLike<unknown>,
    place: Place,
    valid: Uint8Array | undefined,
  ): ColumnData {
    const { where } = place;
    const isNull = (row: number) => valid?.[row] === 0;
    if (type.kind === "struct") {
      const rows = Array.from(values, (value, row) =>
        isNull(row) ? undefined : asStruct(value, type.fields, place, row),
      );
      return {
        fields: type.fields.map((field) => {
          const parts = rows.map((row) => row && ownValue(row, field.name));
          const inner = { ...place, where: `${where}.${JSON.stringify(field.name)}` };
          return this.column(field, parts, inner, valid);
        }),
      };
    }
    if (type.kind === "list") {
      const offsets = new Int32Array(values.length + 1);
      const items: unknown[] = [];
      for (let row = 0; row < values.length; row++) {
        if (!isNull(row)) {
          const list = asList(values[row], place, row);
          for (let i = 0; i < list.length; i++) items.push(list[i]);
        }
        if (items.length > MAX_ITEMS) throw invalidTable(`a batch of ${where} has too many items`);
        offsets[row + 1] = items.length;
      }
      const inner = { where: `${where}[]`, firstRow: undefined };
      return { offsets, items: this.column(type.item, items, inner, undefined) };
    }
    const read = this.#cells(type);
    const data = zeros(type, values.length);
    for (let row = 0; row < values.length; row++) {
      if (isNull(row)) continue;
      const cell = read(values[row]);
      if (cell === undefined) {
        const found = describe(values[row]);
        throw invalidTable(
          `the column ${where} of ${typeText(type)} has ${found}${inRow(place, row)}`,
        );
      }
      (data as Cell[])[row] = cell;
    }
    return data;
  }
}

/** Data of a flat column without any value yet. */
export function zeros(
  type: FlatType,
  length: number,
): Exclude<ColumnData, { items: unknown } | { fields: unknown }> {
  switch (type.kind) {
    case "bool":
      return new Uint8Array(length);
    case "int":
      return new INT_ARRAYS[`${type.signed ? "i" : "u"}${type.bits}`](length);
    case "float":
      return new FLOAT_ARRAYS[type.bits](length);
    case "date":
      return new Int32Array(length);
    case "timestamp":
    case "time":
    case "duration":
      return new BigInt64Array(length);
    case "string":
      return new Array<string>(length).fill("");
    case "bytes":
      return new Array<Uint8Array>(length).fill(NO_BYTES);
    case "decimal":
      return new Array<bigint>(length).fill(0n);
  }
}

const INT_ARRAYS = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
} as const;

/** Halves by their bits. */
const FLOAT_ARRAYS = { 16: Uint16Array, 32: Float32Array, 64: Float64Array } as const;

function asStruct(
  value: unknown,
  fields: readonly Field[],
  place: Place,
  row: number,
): Readonly<Record<string, unknown>> {
  if (!isPlainObject(value)) {
    throw invalidTable(
      `the column ${place.where} of objects has ${describe(value)}${inRow(place, row)}`,
    );
  }
  for (const name of Object.keys(value)) {
    if (fields.some((field) => field.name === name)) continue;
    throw invalidTable(
      `${place.where} has no field ${JSON.stringify(name)}, which stands there${inRow(place, row)}`,
    );
  }
  return value;
}

/** Not what every object inherits: a field may be named `toString`. */
export function ownValue(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function asList(value: unknown, place: Place, row: number): ArrayLike<unknown> {
  if (Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return value as unknown as ArrayLike<unknown>;
  }
  throw invalidTable(
    `the column ${place.where} of arrays has ${describe(value)}${inRow(place, row)}`,
  );
}

/** A value as told in messages, which do not repeat data at length. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") {
    return `${(value.constructor as { name?: string } | undefined)?.name ?? "object"}`;
  }
  if (typeof value === "function" || typeof value === "symbol") return typeof value;
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return `${typeof value} ${text.length > 40 ? `${text.slice(0, 40)}…` : text}`;
}
