import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
  bytesReader,
  type ColumnType,
  type Field,
  parquetTable,
  tableParquetChunks,
} from "../../../src/formats/index.js";
import {
  type Cell,
  cellsIn,
  LEAF_TYPES,
  type RandomTable,
  randomTable,
  tableOf,
} from "../../formats/parquet/table-writer/random-table.js";
import { collect } from "../../formats/zip/collect.js";
import { hasPython, runPython } from "../../programs/run-python.js";

/** Columns as the tests' cells: see random-table.ts. */
const CELLS = `
import json, struct, sys
import pyarrow as pa, pyarrow.parquet as pq

def cells(a, scale=0):
    t = a.type
    if pa.types.is_list(t):
        items, offsets, valid = cells(a.values), a.offsets.to_pylist(), a.is_valid().to_pylist()
        return [items[offsets[i]:offsets[i + 1]] if v else None for i, v in enumerate(valid)]
    if pa.types.is_struct(t):
        fields = [cells(a.field(i)) for i in range(t.num_fields)]
        return [[f[i] for f in fields] if v else None for i, v in enumerate(a.is_valid().to_pylist())]
    if pa.types.is_timestamp(t) or pa.types.is_time64(t) or pa.types.is_duration(t):
        a = a.cast(pa.int64())
    if pa.types.is_date32(t) or pa.types.is_time32(t):
        a = a.cast(pa.int32())
    return [None if v is None else cell(v, t) for v in a.to_pylist()]

def cell(v, t):
    if pa.types.is_boolean(t) or isinstance(v, str): return v
    if isinstance(v, bytes): return v.hex()
    if pa.types.is_floating(t): v = float(v)
    if isinstance(v, float): return "nan" if v != v else struct.pack("<d", v).hex()
    if pa.types.is_decimal(t):
        sign, digits, exponent = v.as_tuple()
        return str((-1) ** sign * int("".join(map(str, digits)) or "0"))
    return str(v)
`;

const NAMES: Readonly<Record<string, string>> = { s: "ms", ms: "ms", us: "us", ns: "ns" };

/** The type that pyarrow takes a column for. */
function arrowType(type: ColumnType): string {
  switch (type.kind) {
    case "int":
      return `${type.signed ? "" : "u"}int${type.bits}`;
    case "float":
      return { 16: "halffloat", 32: "float", 64: "double" }[type.bits];
    case "bytes":
      return "binary";
    case "date":
      return "date32[day]";
    case "timestamp":
      return `timestamp[${NAMES[type.unit]}${type.zone === undefined ? "" : `, tz=${type.zone}`}]`;
    case "time":
      return `time${NAMES[type.unit] === "ms" ? 32 : 64}[${NAMES[type.unit]}]`;
    case "duration":
      return `duration[${type.unit}]`;
    case "decimal":
      return `decimal128(${type.precision}, ${type.scale})`;
    default:
      return type.kind;
  }
}

/** Seconds are milliseconds in the file. */
function stored(type: ColumnType, cell: Cell): Cell {
  if (cell === null) return null;
  if (type.kind === "list")
    return (cell as readonly Cell[]).map((item) => stored(type.item.type, item));
  if (type.kind === "struct") {
    return type.fields.map((field, i) => stored(field.type, (cell as readonly Cell[])[i]!));
  }
  const seconds = (type.kind === "timestamp" || type.kind === "time") && type.unit === "s";
  return seconds ? String(BigInt(cell as string) * 1000n) : cell;
}

function storedCells({ fields, cells }: RandomTable): Cell[][] {
  return cells.map((column, i) => column.map((cell) => stored(fields[i]!.type, cell)));
}

describe.skipIf(!hasPython)("tables as Parquet and pyarrow", () => {
  const folder = mkdtempSync(join(tmpdir(), "lode-table-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("pyarrow reads every type with nulls as what it is", { timeout: 60_000 }, async () => {
    const fields = LEAF_TYPES.map((type, i): Field => ({ name: `c${i}`, type, nullable: true }));
    const cells = LEAF_TYPES.map((type): Cell[] => {
      if (type.kind === "bool") return [true, null, false];
      if (type.kind === "float") return ["000000000000f83f", null, "nan"];
      return type.kind === "bytes" ? ["", null, "00ff"] : ["1", null, "12"];
    });
    const random = { fields, cells, rows: 3 };
    const path = join(folder, "types.parquet");
    writeFileSync(path, await collect(tableParquetChunks(tableOf(random, []))));
    const answer = await runPython(
      `${CELLS}
f = pq.ParquetFile(sys.argv[1])
t = f.read()
columns = [f.metadata.row_group(0).column(i) for i in range(f.metadata.num_columns)]
print(json.dumps({
    "types": [str(field.type) for field in t.schema],
    "cells": [cells(c.combine_chunks()) for c in t.columns],
    "nulls": [c.statistics.null_count for c in columns],
    "minimum": [str(c.statistics.min) for c in columns[1:8]],
}))`,
      path,
    );
    expect(JSON.parse(answer)).toEqual({
      types: LEAF_TYPES.map(arrowType),
      cells: storedCells(random),
      nulls: LEAF_TYPES.map(() => 1),
      minimum: new Array(7).fill("1"),
    });
  });

  it("pyarrow reads random tables", { timeout: 120_000 }, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const arbitrary = fc.tuple(randomTable, fc.integer({ min: 2, max: 300 }));
    const tables = fc.sample(arbitrary, { numRuns: 60, seed });
    for (const [i, [random, pageBytes]] of tables.entries()) {
      const options = {
        pageBytes,
        groupRows: 15,
        compression: i % 4 === 0 ? "zstd" : "none",
      } as const;
      const bytes = await collect(tableParquetChunks(tableOf(random, [7]), options));
      writeFileSync(join(folder, `${i}.parquet`), bytes);
      writeFileSync(join(folder, `${i}.json`), JSON.stringify(storedCells(random)));
    }
    const answer = await runPython(
      `${CELLS}
for i in range(int(sys.argv[2])):
    base = f"{sys.argv[1]}/{i}"
    t = pq.ParquetFile(base + ".parquet").read()
    found = [cells(pa.concat_arrays(c.chunks)) if c.num_chunks else [] for c in t.columns]
    expected = json.load(open(base + ".json"))
    for name, a, b in zip(t.schema.names, found, expected):
        assert a == b, ("seed", sys.argv[3], i, name, str(t.schema.field(name)), a, b)
print("read", i + 1)`,
      folder,
      String(tables.length),
      String(seed),
    );
    expect(answer).toBe("read 60\n");
  });

  it("a table of pyarrow's, written by us, is the same to pyarrow", {
    timeout: 60_000,
  }, async () => {
    const [theirs, ours] = [join(folder, "theirs.parquet"), join(folder, "ours.parquet")];
    await runPython(
      `
import sys, datetime, decimal, pyarrow as pa, pyarrow.parquet as pq
n = 5000
k = range(n)
at = datetime.datetime(2024, 1, 1)
pq.write_table(pa.table({
    "small": pa.array([None if i % 7 == 0 else i % 100 for i in k], pa.int8()),
    "large": pa.array([2**63 + i for i in k], pa.uint64()),
    "text": pa.array([f"x{i % 9}" for i in k]).dictionary_encode(),
    "time": pa.array([at + datetime.timedelta(seconds=i) for i in k], pa.timestamp("us", "UTC")),
    "amount": pa.array([decimal.Decimal(i) / 100 if i % 3 else None for i in k], pa.decimal128(20, 2)),
    "lists": pa.array([[[i], None, []][: i % 4] if i % 5 else None for i in k], pa.list_(pa.list_(pa.int32()))),
    "struct": pa.array([{"x": i, "y": [str(i)]} if i % 4 else None for i in k]),
    "berlin": pa.array([at + datetime.timedelta(seconds=i) for i in k], pa.timestamp("ms", "Europe/Berlin")),
    "spans": pa.array([[datetime.timedelta(seconds=i)] * (i % 3) for i in k], pa.list_(pa.duration("us"))),
}), sys.argv[1], row_group_size=2000)`,
      theirs,
    );
    const table = await parquetTable(bytesReader(readFileSync(theirs)));
    writeFileSync(ours, await collect(tableParquetChunks(table)));
    const answer = await runPython(
      `
import sys, pyarrow as pa, pyarrow.parquet as pq
a, b = pq.read_table(sys.argv[1]), pq.read_table(sys.argv[2])
a = a.set_column(2, "text", a["text"].cast(pa.string()))
assert a.schema.equals(b.schema), (a.schema, b.schema)
print(a.equals(b), b.num_rows)`,
      theirs,
      ours,
    );
    expect(answer).toBe("True 5000\n");
    const again = await parquetTable(bytesReader(readFileSync(ours)));
    expect(again.schema.fields).toEqual(table.schema.fields);
    for await (const { columns } of again.batches) {
      expect(cellsIn(again.schema.fields[6]!, columns[6]!)[4999]).toEqual(["4999", ["4999"]]);
    }
  });
});
