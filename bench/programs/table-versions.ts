import { seededRandom } from "../../src/core/index.js";
import type { ColumnType, ColumnValues, Field, Table } from "../../src/formats/index.js";

/** One version of a table, and how it differs from the first. */
export interface TableVersion {
  readonly name: string;
  readonly table: Table;
}

/** Rows that versions add to the first one's. */
const ADDED = 0.05;
const INT64: ColumnType = { kind: "int", bits: 64, signed: true };
const INT32: ColumnType = { kind: "int", bits: 32, signed: true };
const FLOAT64: ColumnType = { kind: "float", bits: 64 };

/** The first version and all rows that others add to it. */
interface Source {
  readonly id: BigInt64Array;
  readonly time: BigInt64Array;
  readonly value: Float64Array;
  readonly price: Float64Array;
  readonly label: string[];
  readonly count: Int32Array;
  readonly hasLabel: Uint8Array;
  readonly hasCount: Uint8Array;
}

/**
 * Seven versions of a table of six columns: the first; 5 % more rows at the end; ten rows inserted at a third; ten deleted
 * near the top; twenty cells changed; a column added; a column renamed. The same from the
 * same seed.
 */
export function* tableVersions(rows = 400_000, seed = 1): Generator<TableVersion, void, undefined> {
  const source = makeSource(Math.ceil(rows * (1 + ADDED)) + 10, seed);
  const first = Array.from({ length: rows }, (_, i) => i);
  const more = Array.from({ length: Math.ceil(rows * ADDED) }, (_, i) => rows + i);
  const inserted = Array.from({ length: 10 }, (_, i) => rows + more.length + i);
  const third = Math.floor(rows / 3);
  const top = Math.floor(rows / 100);
  const version = (name: string, picks: readonly number[], changes: Changes = {}) => ({
    name,
    table: makeTable(source, picks, changes),
  });
  yield version("first", first);
  yield version("5 % more rows", [...first, ...more]);
  yield version("10 rows inserted", [...first.slice(0, third), ...inserted, ...first.slice(third)]);
  yield version("10 rows deleted", [...first.slice(0, top), ...first.slice(top + 10)]);
  yield version("20 cells changed", first, { changedCells: 20, seed });
  yield version("a column added", first, { addedColumn: true, seed });
  yield version("a column renamed", first, { renamed: true });
}

interface Changes {
  readonly changedCells?: number;
  readonly addedColumn?: boolean;
  readonly renamed?: boolean;
  readonly seed?: number;
}

function makeSource(rows: number, seed: number): Source {
  const random = seededRandom(seed);
  const some = (share: number) =>
    Uint8Array.from({ length: rows }, () => (random() < share ? 1 : 0));
  let time = 1_700_000_000_000_000;
  const nextTime = () => {
    time += Math.floor(random() * 1e6);
    return BigInt(time);
  };
  return {
    id: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)),
    time: BigInt64Array.from({ length: rows }, () => nextTime()),
    value: Float64Array.from({ length: rows }, () => random() + random() + random() - 1.5),
    price: Float64Array.from({ length: rows }, () => Math.round(random() * 1e5) / 100),
    label: Array.from({ length: rows }, () => `class ${Math.floor(random() ** 2 * 50)}`),
    count: Int32Array.from({ length: rows }, () => Math.floor(random() * 1000)),
    hasLabel: some(0.99),
    hasCount: some(0.9),
  };
}

function makeTable(source: Source, picks: readonly number[], changes: Changes): Table {
  const random = seededRandom((changes.seed ?? 0) + 1);
  const value = Float64Array.from(picks, (i) => source.value[i] as number);
  for (let n = 0; n < (changes.changedCells ?? 0); n++) {
    value[Math.floor(random() * value.length)] = random();
  }
  const fields: Field[] = [
    { name: "id", type: INT64, nullable: false },
    { name: "time", type: { kind: "timestamp", unit: "us", zone: "UTC" }, nullable: true },
    { name: changes.renamed === true ? "measure" : "value", type: FLOAT64, nullable: true },
    { name: "price", type: FLOAT64, nullable: true },
    { name: "label", type: { kind: "string" }, nullable: true },
    { name: "count", type: INT32, nullable: true },
  ];
  const columns: ColumnValues[] = [
    { length: picks.length, data: BigInt64Array.from(picks, (i) => source.id[i] as bigint) },
    { length: picks.length, data: BigInt64Array.from(picks, (i) => source.time[i] as bigint) },
    { length: picks.length, data: value },
    { length: picks.length, data: Float64Array.from(picks, (i) => source.price[i] as number) },
    {
      length: picks.length,
      data: picks.map((i) => source.label[i] as string),
      valid: Uint8Array.from(picks, (i) => source.hasLabel[i] as number),
    },
    {
      length: picks.length,
      data: Int32Array.from(picks, (i) => source.count[i] as number),
      valid: Uint8Array.from(picks, (i) => source.hasCount[i] as number),
    },
  ];
  if (changes.addedColumn === true) {
    fields.push({ name: "score", type: FLOAT64, nullable: true });
    columns.push({ length: picks.length, data: Float64Array.from(picks, random) });
  }
  return { schema: { fields }, batches: [{ rows: picks.length, columns }] };
}
