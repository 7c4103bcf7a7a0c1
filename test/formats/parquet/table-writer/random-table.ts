import fc from "fast-check";
import {
  type ColumnData,
  type ColumnType,
  type ColumnValues,
  type Field,
  float16Bits,
  float16Value,
  type Table,
  type TableBatch,
} from "../../../../src/formats/index.js";

/** A value as it is compared: numbers of 64 bits as text, floats by their bits, bytes as hex, structs as arrays. */
export type Cell = null | boolean | string | readonly Cell[];

export interface RandomTable {
  readonly fields: readonly Field[];
  /** By column and row. */
  readonly cells: readonly (readonly Cell[])[];
  readonly rows: number;
}

const UNITS = ["s", "ms", "us", "ns"] as const;
const DAY = { s: 86_400n, ms: 86_400_000n, us: 86_400_000_000n, ns: 86_400_000_000_000n } as const;

/** One of each type that holds no others. */
export const LEAF_TYPES: readonly ColumnType[] = [
  { kind: "bool" },
  ...([8, 16, 32, 64] as const).flatMap((bits) =>
    [true, false].map((signed) => ({ kind: "int", bits, signed }) as const),
  ),
  { kind: "float", bits: 16 },
  { kind: "float", bits: 32 },
  { kind: "float", bits: 64 },
  { kind: "string" },
  { kind: "bytes" },
  { kind: "date" },
  ...UNITS.flatMap((unit): ColumnType[] => [
    { kind: "timestamp", unit },
    { kind: "timestamp", unit, zone: "UTC" },
    { kind: "timestamp", unit, zone: "Europe/Berlin" },
    { kind: "time", unit },
    { kind: "duration", unit },
  ]),
  { kind: "decimal", precision: 4, scale: 2 },
  { kind: "decimal", precision: 18, scale: 0 },
  { kind: "decimal", precision: 38, scale: 10 },
];

/** Lists' items are named as Parquet names them. */
const { type: anyType } = fc.letrec<{ type: ColumnType }>((tie) => ({
  type: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 4, arbitrary: fc.constantFrom(...LEAF_TYPES) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("list" as const),
        item: fc.record({
          name: fc.constant("element"),
          type: tie("type") as fc.Arbitrary<ColumnType>,
          nullable: fc.boolean(),
        }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("struct" as const),
        fields: fieldsOf(tie("type") as fc.Arbitrary<ColumnType>, 3),
      }),
    },
  ),
}));

function fieldsOf(type: fc.Arbitrary<ColumnType>, most: number): fc.Arbitrary<Field[]> {
  const name = fc.oneof(
    fc.constantFrom("a", "b.c", "naïve 𝕏", "list"),
    fc.string({ minLength: 1 }),
  );
  return fc.uniqueArray(fc.record({ name, type, nullable: fc.boolean() }), {
    minLength: 1,
    maxLength: most,
    selector: (field) => field.name,
  });
}

export const randomTable: fc.Arbitrary<RandomTable> = fc
  .tuple(
    fieldsOf(anyType, 4).filter((fields) => !JSON.stringify(fields).includes("__proto__")),
    fc.nat(40),
  )
  .chain(([fields, rows]) =>
    fc
      .tuple(...fields.map((field) => cellsOf(field, rows)))
      .map((cells) => ({ fields, cells: cells as Cell[][], rows })),
  );

function cellsOf(field: Field, rows: number): fc.Arbitrary<Cell[]> {
  return fc.array(cellOf(field), { minLength: rows, maxLength: rows });
}

function cellOf({ type, nullable }: Field): fc.Arbitrary<Cell> {
  const value = valueIn(type);
  return nullable ? fc.option(value, { freq: 3 }) : value;
}

function valueIn(type: ColumnType): fc.Arbitrary<Cell> {
  const between = (min: bigint, max: bigint) => fc.bigInt({ min, max }).map(String);
  const ticks = between(-(2n ** 63n), 2n ** 63n - 1n);
  switch (type.kind) {
    case "bool":
      return fc.boolean();
    case "int": {
      const range = 2n ** BigInt(type.bits);
      return type.signed ? between(-range / 2n, range / 2n - 1n) : between(0n, range - 1n);
    }
    case "float":
      if (type.bits === 16) return fc.nat(0xffff).map((bits) => floatCell(float16Value(bits)));
      return type.bits === 32 ? fc.float().map(floatCell) : fc.double().map(floatCell);
    case "string":
      return fc.string({ unit: "binary" });
    case "bytes":
      return fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString("hex"));
    case "date":
      return between(-(2n ** 31n), 2n ** 31n - 1n);
    case "timestamp":
      return type.unit === "s" ? between(-(2n ** 53n), 2n ** 53n) : ticks;
    case "time":
      return between(0n, DAY[type.unit] - 1n);
    case "duration":
      return ticks;
    case "decimal": {
      const limit = 10n ** BigInt(type.precision) - 1n;
      return between(-limit, limit);
    }
    case "list":
      return fc.array(cellOf(type.item), { maxLength: 4 });
    case "struct":
      return fc.tuple(...type.fields.map(cellOf));
  }
}

/** NaN is one value, zeros are two. */
export function floatCell(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Number.isNaN(value) ? "nan" : bytes.toString("hex");
}

function floatOf(cell: string): number {
  return cell === "nan" ? Number.NaN : Buffer.from(cell, "hex").readDoubleLE();
}

/** The table in batches of so many rows; the last takes what is left. */
export function tableOf({ fields, cells, rows }: RandomTable, batchRows: readonly number[]): Table {
  const batches: TableBatch[] = [];
  let from = 0;
  for (const wanted of [...batchRows, rows]) {
    const to = Math.min(rows, from + wanted);
    const columns = fields.map((field, i) => columnOf(field, cells[i]!.slice(from, to)));
    batches.push({ rows: to - from, columns });
    from = to;
  }
  return { schema: { fields }, batches };
}

export function columnOf({ type }: Field, cells: readonly Cell[]): ColumnValues {
  const values = { length: cells.length, data: dataOf(type, cells) };
  if (!cells.includes(null)) return values;
  return { ...values, valid: Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)) };
}

const INTEGERS = {
  8: [Int8Array, Uint8Array],
  16: [Int16Array, Uint16Array],
  32: [Int32Array, Uint32Array],
} as const;

function dataOf(type: ColumnType, cells: readonly Cell[]): ColumnData {
  const bigint = (cell: Cell) => BigInt((cell as string) ?? 0);
  switch (type.kind) {
    case "bool":
      return Uint8Array.from(cells, Number);
    case "int": {
      if (type.bits === 64) {
        const bigints = cells.map(bigint);
        return type.signed ? BigInt64Array.from(bigints) : BigUint64Array.from(bigints);
      }
      const kind = INTEGERS[type.bits][type.signed ? 0 : 1];
      return kind.from(cells.map(Number));
    }
    case "float": {
      const floats = cells.map((cell) => (cell === null ? 0 : floatOf(cell as string)));
      if (type.bits === 16) return Uint16Array.from(floats, float16Bits);
      return type.bits === 32 ? Float32Array.from(floats) : Float64Array.from(floats);
    }
    case "string":
      return cells.map((cell) => (cell ?? "") as string);
    case "bytes":
      return cells.map((cell) => new Uint8Array(Buffer.from((cell ?? "") as string, "hex")));
    case "date":
      return Int32Array.from(cells, Number);
    case "decimal":
      return cells.map(bigint);
    case "list": {
      const lists = cells.map((cell) => (cell ?? []) as readonly Cell[]);
      const offsets = new Int32Array(cells.length + 1);
      for (const [i, list] of lists.entries()) offsets[i + 1] = offsets[i]! + list.length;
      return { offsets, items: columnOf(type.item, lists.flat(1)) };
    }
    case "struct":
      return {
        fields: type.fields.map((field, i) =>
          columnOf(
            field,
            cells.map((cell) => (cell as readonly Cell[] | null)?.[i] ?? filling(field, cell)),
          ),
        ),
      };
    default:
      return BigInt64Array.from(cells, bigint);
  }
}

/** In a struct that is null, a field that is not nullable has any value. */
function filling({ type, nullable }: Field, struct: Cell): Cell {
  if (struct !== null || nullable) return null;
  if (type.kind === "list") return [];
  if (type.kind === "struct") return type.fields.map((field) => filling(field, null));
  if (type.kind === "float") return floatCell(1);
  return type.kind === "bool" ? false : type.kind === "string" || type.kind === "bytes" ? "" : "0";
}

/** The cells of a column again. */
export function cellsIn({ type }: Field, { length, data, valid }: ColumnValues): Cell[] {
  const cells = cellsOfData(type, data, length);
  return valid === undefined ? cells : cells.map((cell, i) => (valid[i] === 0 ? null : cell));
}

function cellsOfData(type: ColumnType, data: ColumnData, length: number): Cell[] {
  if (type.kind === "struct" && "fields" in data) {
    const columns = type.fields.map((field, k) => cellsIn(field, data.fields[k]!));
    return Array.from({ length }, (_, i) => columns.map((cells) => cells[i]!));
  }
  if (type.kind === "list" && "offsets" in data) {
    const items = cellsIn(type.item, data.items);
    return Array.from({ length }, (_, i) => items.slice(data.offsets[i], data.offsets[i + 1]));
  }
  return Array.from(data as ArrayLike<unknown>, (value) => {
    if (type.kind === "bool") return value === 1;
    if (type.kind === "float") {
      return floatCell(type.bits === 16 ? float16Value(value as number) : (value as number));
    }
    return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value);
  });
}
