import { ARROW, type ArrowType } from "./arrow-type.js";
import { type Cell, zeros } from "./build-column.js";
import { invalidTable, quotedName, unsupportedTable } from "./invalid-table.js";
import { DAY_MS } from "./js-cells.js";
import type { ColumnData, ColumnType, ColumnValues } from "./table.js";

/**
 * What is used of apache-arrow's `Data`: buffers of a piece of a column. `values` and `valueOffsets` begin with the
 * piece, bits (`nullBitmap`, values of bool) with the whole: there `offset` counts.
 */
export interface ArrowData {
  readonly type: ArrowType;
  readonly length: number;
  readonly offset: number;
  readonly nullCount: number;
  readonly stride: number;
  readonly values: unknown;
  readonly valueOffsets: unknown;
  readonly nullBitmap: unknown;
  readonly children: readonly ArrowData[];
  readonly dictionary?: { readonly data: readonly ArrowData[] } | undefined;
  slice(offset: number, length: number): ArrowData;
}

/** Dictionaries that have been read: batches share them. */
export type DictionaryCache = Map<object, ColumnValues>;

type Integers = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;

/** A piece of a column of that type. Throws `corrupt-format` for text that is no UTF-8. */
export function readArrowColumn(
  type: ColumnType,
  data: ArrowData,
  name: string,
  dictionaries: DictionaryCache,
): ColumnValues {
  if (data.type.typeId === ARROW.dictionary) return taken(type, data, name, dictionaries);
  const { length } = data;
  const valid = data.type.typeId === ARROW.null ? new Uint8Array(length) : validity(data);
  const values = dataOf(type, data, name, valid, dictionaries);
  return valid === undefined ? { length, data: values } : { length, data: values, valid };
}

function validity({ nullBitmap, nullCount, offset, length }: ArrowData): Uint8Array | undefined {
  const bits = nullBitmap as Uint8Array | undefined;
  return nullCount > 0 && bits !== undefined && bits.length > 0
    ? unpack(bits, offset, length)
    : undefined;
}

function unpack(bits: Uint8Array, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, bit = offset; i < length; i++, bit++) {
    bytes[i] = ((bits[bit >> 3] as number) >> (bit & 7)) & 1;
  }
  return bytes;
}

function dataOf(
  type: ColumnType,
  data: ArrowData,
  name: string,
  valid: Uint8Array | undefined,
  dictionaries: DictionaryCache,
): ColumnData {
  const { length, stride } = data;
  if (data.type.typeId === ARROW.null) return zeros({ kind: "string" }, length);
  switch (type.kind) {
    case "bool":
      return unpack(data.values as Uint8Array, data.offset, length);
    case "int":
    case "float":
      return (data.values as Int32Array).subarray(0, length);
    case "timestamp":
    case "duration":
    case "time": {
      const ticks = data.values as Int32Array | BigInt64Array;
      if (ticks instanceof BigInt64Array) return ticks.subarray(0, length);
      return BigInt64Array.from(ticks.subarray(0, length), BigInt);
    }
    case "date":
      return data.values instanceof Int32Array
        ? data.values.subarray(0, length)
        : daysOf((data.values as BigInt64Array).subarray(0, length), name, valid);
    case "decimal":
      return decimals(data.values as Uint32Array, length, stride);
    case "string":
    case "bytes":
      return pieces(type.kind, data, name, valid);
    case "list":
      return listOf(type, data, name, dictionaries);
    case "struct":
      return {
        fields: type.fields.map((field, i) =>
          readArrowColumn(
            field.type,
            data.children[i] as ArrowData,
            `${name}.${field.name}`,
            dictionaries,
          ),
        ),
      };
  }
}

function daysOf(times: BigInt64Array, name: string, valid: Uint8Array | undefined): Int32Array {
  const days = new Int32Array(times.length);
  for (const [row, time] of times.entries()) {
    if (valid?.[row] === 0) continue;
    const day = Number(time) / DAY_MS;
    if (!Number.isInteger(day) || Math.abs(day) >= 2 ** 31) {
      throw unsupportedTable(
        `the column ${quotedName(name)} of dates has a time of day in row ${row}; make it timestamps`,
      );
    }
    days[row] = day;
  }
  return days;
}

/** Two's complement of 32-bit words, lowest first. */
function decimals(words: Uint32Array, length: number, stride: number): bigint[] {
  return Array.from({ length }, (_, row) => {
    let value = 0n;
    for (let word = stride - 1; word >= 0; word--) {
      value = (value << 32n) | BigInt(words[row * stride + word] as number);
    }
    return BigInt.asIntN(32 * stride, value);
  });
}

function pieces(
  kind: "string" | "bytes",
  { values, valueOffsets, length, stride }: ArrowData,
  name: string,
  valid: Uint8Array | undefined,
): string[] | Uint8Array[] {
  const bytes = values as Uint8Array;
  const offsets = valueOffsets as Int32Array | BigInt64Array | undefined;
  const at = (row: number) => (offsets ? Number(offsets[row]) : row * stride);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = (start: number, end: number) => {
    const piece = buffer.toString("utf8", start, end);
    if (!piece.includes("\ufffd")) return piece;
    return decode(bytes.subarray(start, end), name);
  };
  const read =
    kind === "string" ? text : (start: number, end: number) => bytes.subarray(start, end);
  return Array.from({ length }, (_, row) =>
    valid?.[row] === 0 ? read(0, 0) : read(at(row), at(row + 1)),
  ) as string[] | Uint8Array[];
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array, name: string): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw invalidTable(`the column ${quotedName(name)} has text that is no UTF-8`, error);
  }
}

function listOf(
  type: ColumnType & { kind: "list" },
  { valueOffsets, children, length, stride }: ArrowData,
  name: string,
  dictionaries: DictionaryCache,
): ColumnData {
  const given = valueOffsets as Int32Array | undefined;
  const offsets = new Int32Array(length + 1);
  const first = given?.[0] ?? 0;
  for (let row = 0; row <= length; row++) {
    offsets[row] = given ? (given[row] as number) - first : row * stride;
  }
  const items = (children[0] as ArrowData).slice(first, offsets[length] as number);
  return { offsets, items: readArrowColumn(type.item.type, items, `${name}[]`, dictionaries) };
}

/** The values that indices stand for. */
function taken(
  type: ColumnType,
  data: ArrowData,
  name: string,
  dictionaries: DictionaryCache,
): ColumnValues {
  if (type.kind === "list" || type.kind === "struct") {
    throw unsupportedTable(`the column ${quotedName(name)} has a dictionary of nested values`);
  }
  const dictionary = data.dictionary as { readonly data: readonly ArrowData[] };
  let known = dictionaries.get(dictionary);
  if (known === undefined) {
    known = concatenated(
      type,
      dictionary.data.map((piece) => readArrowColumn(type, piece, name, dictionaries)),
    );
    dictionaries.set(dictionary, known);
  }
  const { length } = data;
  const indices = data.values as Integers | BigInt64Array;
  let valid = validity(data);
  const values = zeros(type, length) as Cell[];
  for (let row = 0; row < length; row++) {
    if (valid?.[row] === 0) continue;
    const index = Number(indices[row]);
    if (!(index >= 0 && index < known.length)) {
      throw invalidTable(`the column ${quotedName(name)} has an index outside its dictionary`);
    }
    if (known.valid?.[index] === 0) {
      valid ??= new Uint8Array(length).fill(1);
      valid[row] = 0;
    } else values[row] = (known.data as readonly Cell[])[index] as Cell;
  }
  const filled = values as unknown as ColumnData;
  return valid === undefined ? { length, data: filled } : { length, data: filled, valid };
}

function concatenated(type: ColumnType, parts: readonly ColumnValues[]): ColumnValues {
  if (parts.length === 1) return parts[0] as ColumnValues;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const data = zeros(type as Parameters<typeof zeros>[0], length) as Cell[];
  const valid = new Uint8Array(length).fill(1);
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++, at++) {
      if (part.valid?.[i] === 0) valid[at] = 0;
      data[at] = (part.data as readonly Cell[])[i] as Cell;
    }
  }
  return { length, data: data as unknown as ColumnData, valid };
}
