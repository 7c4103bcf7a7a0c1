import * as arrow from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesReader,
  type ColumnValues,
  type Field,
  parquetTable,
  readParquetMetadata,
  type Table,
  type TableParquetOptions,
  tableParquetChunks,
} from "../../../../src/formats/index.js";
import { all } from "../../tar/archives.js";
import { collect } from "../../zip/collect.js";
import { type Cell, cellsIn, LEAF_TYPES, randomTable, tableOf } from "./random-table.js";

function write(table: Table, options?: TableParquetOptions): Promise<Uint8Array> {
  return collect(tableParquetChunks(table, options));
}

async function readBack(bytes: Uint8Array) {
  const { schema, batches } = await parquetTable(bytesReader(bytes));
  const cells = schema.fields.map((): Cell[] => []);
  for await (const { columns } of batches) {
    for (const [i, field] of schema.fields.entries())
      cells[i]!.push(...cellsIn(field, columns[i]!));
  }
  return { schema, cells };
}

const options: fc.Arbitrary<TableParquetOptions> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      {
        pageBytes: fc.integer({ min: 2, max: 300 }),
        groupRows: fc.integer({ min: 10, max: 50 }),
        groupBytes: fc.integer({ min: 400, max: 5000 }),
      },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: fc.constant({ compression: "zstd" as const, pageBytes: 200 }) },
);

describe("tableParquetChunks", () => {
  it("keeps types and values, in any pages and row groups", async () => {
    await fc.assert(
      fc.asyncProperty(randomTable, fc.array(fc.nat(20)), options, async (random, batches, how) => {
        const { schema, cells } = await readBack(await write(tableOf(random, batches), how));
        expect(schema.fields).toEqual(random.fields);
        expect(cells).toEqual(random.cells);
      }),
      { numRuns: 60 },
    );
  });

  it("makes the same bytes however the rows are split", async () => {
    await fc.assert(
      fc.asyncProperty(randomTable, fc.array(fc.nat(20)), options, async (random, batches, how) => {
        const whole = await write(tableOf(random, []), how);
        expect(Buffer.compare(await write(tableOf(random, batches), how), whole)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("ends row groups by rows and by bytes", async () => {
    const field: Field = { name: "a", type: { kind: "float", bits: 64 }, nullable: false };
    const column = { length: 1000, data: Float64Array.from({ length: 1000 }, Math.sqrt) };
    const table = { schema: { fields: [field] }, batches: [{ rows: 1000, columns: [column] }] };
    const rows = async (how: TableParquetOptions) => {
      const metadata = await readParquetMetadata(bytesReader(await write(table, how)));
      return metadata.rowGroups.map((group) => group.rows);
    };
    expect(await rows({})).toEqual([1000]);
    expect(await rows({ groupRows: 300 })).toEqual([300, 300, 300, 100]);
    expect(await rows({ groupBytes: 3203 })).toEqual([400, 400, 200]);
    expect((await rows({ groupBytes: 1 })).length).toBe(1000);
  });

  it("passes metadata on, but for what says how another file stores its columns", async () => {
    const fields = [{ name: "a", type: { kind: "date" }, nullable: true }] as const;
    const metadata = { pandas: "{}", "ARROW:schema": "x" };
    const bytes = await write({ schema: { fields, metadata }, batches: [] });
    const told = await readParquetMetadata(bytesReader(bytes));
    expect([...told.keyValues]).toEqual([["pandas", "{}"]]);
    expect(told).toMatchObject({ rows: 0, createdBy: "lodestore" });
    expect((await readBack(bytes)).schema).toMatchObject({ fields, metadata: { pandas: "{}" } });
  });

  it("notes the types that Parquet does not have", async () => {
    const plain: Field[] = [
      { name: "at", type: { kind: "timestamp", unit: "us", zone: "UTC" }, nullable: true },
      { name: "time", type: { kind: "time", unit: "ms" }, nullable: true },
    ];
    const fields: Field[] = [
      ...plain,
      {
        name: "l",
        type: {
          kind: "list",
          item: { name: "x", type: { kind: "duration", unit: "ms" }, nullable: true },
        },
        nullable: true,
      },
      { name: "z", type: { zone: "Asia/Tokyo", unit: "s", kind: "timestamp" }, nullable: true },
    ];
    const noted = async (these: readonly Field[]) => {
      const bytes = await write({ schema: { fields: these }, batches: [] });
      return (await readParquetMetadata(bytesReader(bytes))).keyValues;
    };
    expect([...(await noted(plain)).keys()]).toEqual([]);
    const text = (await noted(fields)).get("ARROW:schema") ?? "";
    const { schema } = arrow.tableFromIPC(Buffer.from(text, "base64"));
    expect(schema.fields.map((field) => [field.name, String(field.type)])).toEqual([
      ["at", "Timestamp<MICROSECOND, UTC>"],
      ["time", "Time32<MILLISECOND>"],
      ["l", "List<Duration<MILLISECOND>>"],
      ["z", "Timestamp<SECOND, Asia/Tokyo>"],
    ]);
  });

  it("writes large values and long lists", async () => {
    const list: Field = {
      name: "l",
      type: { kind: "list", item: { name: "element", type: { kind: "bytes" }, nullable: false } },
      nullable: false,
    };
    const items = Array.from({ length: 40 }, (_, i) => "ab".repeat(i * 5000));
    const random = { fields: [list], rows: 3, cells: [[items, [], items.slice(0, 3)]] };
    const { cells } = await readBack(await write(tableOf(random, [])));
    expect(cells).toEqual(random.cells);
  });

  it("stops when it is aborted", async () => {
    const controller = new AbortController();
    const fields = [{ name: "a", type: { kind: "date" }, nullable: false }] as const;
    const columns = [{ length: 1, data: new Int32Array(1) }];
    function* batches() {
      for (let i = 0; ; i++) {
        if (i === 10) controller.abort();
        yield { rows: 1, columns };
      }
    }
    const table = { schema: { fields }, batches: batches() };
    await expect(write(table, { signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });
});

describe("statistics", () => {
  async function statisticsOf(type: Field["type"], values: ColumnValues) {
    const table = {
      schema: { fields: [{ name: "a", type, nullable: true }] },
      batches: [{ rows: values.length, columns: [values] }],
    };
    const { file } = await readParquetMetadata(bytesReader(await write(table)));
    return file.row_groups[0]?.columns[0]?.meta_data?.statistics;
  }

  it("tell the least and greatest value and the nulls", async () => {
    const valid = Uint8Array.of(1, 0, 1, 1);
    const int64: Field["type"] = { kind: "int", bits: 64, signed: true };
    const uint64: Field["type"] = { kind: "int", bits: 64, signed: false };
    const low = -(2n ** 40n);
    expect(
      await statisticsOf(int64, {
        length: 4,
        data: BigInt64Array.of(5n, -99n, low, low + 1n),
        valid,
      }),
    ).toMatchObject({
      null_count: 1n,
      min_value: low,
      max_value: 5n,
    });
    const large = 2n ** 63n;
    expect(
      await statisticsOf(uint64, {
        length: 4,
        data: BigUint64Array.of(5n, 1n, large + 7n, large),
        valid,
      }),
    ).toMatchObject({
      min_value: 5n,
      max_value: large + 7n,
    });
    const text = await statisticsOf(
      { kind: "string" },
      { length: 4, data: ["\uffee", "", "𝕏", "z"], valid },
    );
    expect(text).toMatchObject({ min_value: "z", max_value: "𝕏" });
    const float64: Field["type"] = { kind: "float", bits: 64 };
    const floats = await statisticsOf(float64, {
      length: 3,
      data: Float64Array.of(Number.NaN, 0, -0),
    });
    expect(floats).toMatchObject({ null_count: 0n, min_value: -0, max_value: 0 });
    const flags = await statisticsOf({ kind: "bool" }, { length: 2, data: Uint8Array.of(1, 1) });
    expect(flags).toMatchObject({ min_value: true, max_value: true });
  });

  it("leave out what is not there or too long", async () => {
    const float64: Field["type"] = { kind: "float", bits: 64 };
    const nan = await statisticsOf(float64, { length: 1, data: Float64Array.of(Number.NaN) });
    const long = await statisticsOf({ kind: "string" }, { length: 1, data: ["x".repeat(257)] });
    for (const statistics of [nan, long]) {
      expect(statistics?.null_count).toBe(0n);
      expect(statistics?.max_value).toBeUndefined();
    }
  });
});

describe("tableParquetChunks refuses", () => {
  const int: Field["type"] = { kind: "int", bits: 32, signed: true };
  const list: Field["type"] = { kind: "list", item: { name: "x", type: int, nullable: false } };
  const three = { length: 3, data: new Int32Array(3) };
  const offsets = (...values: number[]) => ({
    length: 3,
    data: { offsets: Int32Array.from(values), items: three },
  });
  const wrong: [string, Field["type"], unknown][] = [
    ["another length", int, { length: 2, data: new Int32Array(2) }],
    ["too few values", int, { length: 3, data: new Int32Array(2) }],
    ["another array", int, { length: 3, data: new Uint32Array(3) }],
    ["plain numbers", int, { length: 3, data: [1, 2, 3] }],
    ["too few marks of nulls", int, { ...three, valid: new Uint8Array(2) }],
    ["marks of another kind", int, { ...three, valid: [1, 1, 1] }],
    ["a null where none may be", int, { ...three, valid: Uint8Array.of(1, 1, 0) }],
    ["offsets that fall", list, offsets(0, 2, 1, 3)],
    ["offsets below 0", list, offsets(-1, 0, 1, 2)],
    ["offsets beyond the items", list, offsets(0, 1, 2, 4)],
    ["too few offsets", list, offsets(0, 1, 2)],
    [
      "a null item where none may be",
      list,
      {
        length: 3,
        data: { offsets: Int32Array.of(0, 1, 2, 3), items: { ...three, valid: new Uint8Array(3) } },
      },
    ],
    [
      "too few fields",
      { kind: "struct", fields: [{ name: "a", type: int, nullable: false }] },
      { length: 3, data: { fields: [] } },
    ],
    ["a number as string", { kind: "string" }, { length: 3, data: ["a", 1, "b"] }],
    ["half of a surrogate pair", { kind: "string" }, { length: 3, data: ["a", "\ud800", "b"] }],
    [
      "two halves in two values",
      { kind: "string" },
      { length: 3, data: ["a", "\ud835", "\udd4f"] },
    ],
    ["a string as bytes", { kind: "bytes" }, { length: 3, data: ["a", "b", "c"] }],
    [
      "a decimal of more digits",
      { kind: "decimal", precision: 2, scale: 0 },
      { length: 3, data: [1n, 100n, 2n] },
    ],
    [
      "a number as decimal",
      { kind: "decimal", precision: 2, scale: 0 },
      { length: 3, data: [1, 2, 3] },
    ],
    [
      "seconds beyond milliseconds",
      { kind: "timestamp", unit: "s" },
      { length: 3, data: BigInt64Array.of(0n, 2n ** 62n, 0n) },
    ],
    [
      "a time of no day",
      { kind: "time", unit: "ms" },
      { length: 3, data: BigInt64Array.of(0n, 2n ** 31n, 0n) },
    ],
  ];
  it.each(wrong)("%s", async (_, type, values) => {
    const fields = [
      { name: "good", type: int, nullable: false },
      { name: "bad", type, nullable: false },
    ];
    const table = {
      schema: { fields },
      batches: [{ rows: 3, columns: [three, values as ColumnValues] }],
    };
    const seen: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of tableParquetChunks(table)) seen.push(chunk);
    })();
    await expect(reading).rejects.toMatchObject({ code: "invalid-argument" });
    expect(seen).toEqual([]);
  });

  it.each([
    ["a type that there is not", [{ name: "a", type: { kind: "half" }, nullable: true }]],
    ["a name twice", ["a", "a"].map((name) => ({ name, type: int, nullable: true }))],
    [
      "a struct without fields",
      [{ name: "a", type: { kind: "struct", fields: [] }, nullable: true }],
    ],
  ])("%s in its schema", async (_, fields) => {
    const table = { schema: { fields: fields as Field[] }, batches: [] };
    await expect(write(table)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it.each([
    { pageBytes: 0 },
    { groupRows: 1.5 },
    { groupBytes: -1 },
    { compression: "gzip" as "zstd" },
  ])("the option %o", async (how) => {
    await expect(write({ schema: { fields: [] }, batches: [] }, how)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("a batch with other columns than the schema's", async () => {
    const fields = LEAF_TYPES.map((type, i) => ({ name: `${i}`, type, nullable: true }));
    const table = { schema: { fields }, batches: [{ rows: 1, columns: [] }] };
    await expect(all(tableParquetChunks(table))).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});
