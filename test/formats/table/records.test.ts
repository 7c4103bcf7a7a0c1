import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordsTable, type TableSchema, tableRecords } from "../../../src/formats/index.js";
import { codeOf, errorOf } from "../json/lode-errors.js";

const EVERY_TYPE: TableSchema = {
  fields: [
    { name: "flag", type: { kind: "bool" }, nullable: true },
    { name: "i8", type: { kind: "int", bits: 8, signed: true }, nullable: true },
    { name: "u32", type: { kind: "int", bits: 32, signed: false }, nullable: false },
    { name: "i64", type: { kind: "int", bits: 64, signed: true }, nullable: true },
    { name: "u64", type: { kind: "int", bits: 64, signed: false }, nullable: true },
    { name: "f32", type: { kind: "float", bits: 32 }, nullable: true },
    { name: "f64", type: { kind: "float", bits: 64 }, nullable: false },
    { name: "text", type: { kind: "string" }, nullable: true },
    { name: "bytes", type: { kind: "bytes" }, nullable: true },
    { name: "day", type: { kind: "date" }, nullable: true },
    { name: "s", type: { kind: "timestamp", unit: "s", zone: "Europe/Berlin" }, nullable: true },
    { name: "us", type: { kind: "timestamp", unit: "us" }, nullable: true },
    { name: "time", type: { kind: "time", unit: "ns" }, nullable: true },
    { name: "span", type: { kind: "duration", unit: "ms" }, nullable: true },
    { name: "money", type: { kind: "decimal", precision: 20, scale: 3 }, nullable: true },
    {
      name: "list",
      type: { kind: "list", item: { name: "item", type: { kind: "string" }, nullable: true } },
      nullable: true,
    },
    {
      name: "struct",
      type: {
        kind: "struct",
        fields: [
          { name: "x", type: { kind: "float", bits: 64 }, nullable: false },
          {
            name: "toString",
            type: {
              kind: "list",
              item: {
                name: "item",
                type: { kind: "int", bits: 16, signed: true },
                nullable: false,
              },
            },
            nullable: true,
          },
        ],
      },
      nullable: true,
    },
  ],
};

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 4 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.string({ unit: "grapheme", maxLength: 8 });
const row = fc.record({
  flag: maybe(fc.boolean()),
  i8: maybe(fc.integer({ min: -128, max: 127 })),
  u32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  i64: maybe(int64),
  u64: maybe(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  f32: maybe(fc.float()),
  f64: fc.double(),
  text: maybe(text),
  bytes: maybe(fc.uint8Array({ maxLength: 5 })),
  day: maybe(fc.integer({ min: -10_000, max: 40_000 }).map((days) => new Date(days * 86_400_000))),
  s: maybe(fc.integer().map((seconds) => new Date(seconds * 1000))),
  us: maybe(int64),
  time: maybe(int64),
  span: maybe(int64),
  money: maybe(fc.integer().map((n) => (n / 1000).toFixed(3).replace(/^-0\.000$/, "0.000"))),
  list: maybe(fc.array(maybe(text), { maxLength: 4 })),
  struct: maybe(
    fc.record({
      x: fc.double(),
      toString: maybe(fc.array(fc.integer({ min: -32768, max: 32767 }), { maxLength: 3 })),
    }),
  ),
});

describe("tables of records", () => {
  it("give back every value of every type", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 40 }), async (records) => {
        const table = recordsTable(records, { schema: EVERY_TYPE });
        expect(await tableRecords(table)).toEqual(records.map((record) => ({ ...record })));
        // The batches can be gone through again.
        expect((await tableRecords(table)).length).toBe(records.length);
      }),
      { numRuns: 60 },
    );
  });

  it("have the types that the values tell", () => {
    const table = recordsTable([
      { n: 1, big: 1n, s: "x", b: true, at: new Date(0), raw: Buffer.from("a"), none: null },
      { n: null, v: new Float32Array(2), l: [[1], null], o: { a: 1 } },
      { n: Number.NaN, l: [], o: { b: "z" } },
    ]);
    expect(table.schema.fields).toEqual([
      { name: "n", type: { kind: "float", bits: 64 }, nullable: true },
      { name: "big", type: { kind: "int", bits: 64, signed: true }, nullable: true },
      { name: "s", type: { kind: "string" }, nullable: true },
      { name: "b", type: { kind: "bool" }, nullable: true },
      { name: "at", type: { kind: "timestamp", unit: "ms", zone: "UTC" }, nullable: true },
      { name: "raw", type: { kind: "bytes" }, nullable: true },
      { name: "none", type: { kind: "string" }, nullable: true },
      {
        name: "v",
        type: {
          kind: "list",
          item: { name: "item", type: { kind: "float", bits: 32 }, nullable: false },
        },
        nullable: true,
      },
      {
        name: "l",
        type: {
          kind: "list",
          item: {
            name: "item",
            type: {
              kind: "list",
              item: { name: "item", type: { kind: "float", bits: 64 }, nullable: false },
            },
            nullable: true,
          },
        },
        nullable: true,
      },
      {
        name: "o",
        type: {
          kind: "struct",
          fields: [
            { name: "a", type: { kind: "float", bits: 64 }, nullable: true },
            { name: "b", type: { kind: "string" }, nullable: true },
          ],
        },
        nullable: true,
      },
    ]);
    expect(recordsTable([{ n: 1 }, { n: 2 }]).schema.fields[0]?.nullable).toBe(false);
  });

  it("refuse values that no column holds, naming the column", async () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    for (const a of [() => 1, Symbol("s"), new Map(), cyclic, new Error("x")]) {
      expect(
        codeOf(() => recordsTable([{ a }])),
        String(typeof a),
      ).toMatchObject({
        code: "invalid-argument",
        message: expect.stringContaining('"'),
      });
    }
    for (const records of [
      [{ a: 1 }, { a: "1" }],
      [{ a: 1 }, { a: 1n }],
      [{ a: [1, "x"] }],
      [{ a: new Uint8Array(1) }, { a: [1] }],
      [1],
      [[1]],
      [new Date()],
      [JSON.parse('{"__proto__":1}')],
    ]) {
      expect(codeOf(() => recordsTable(records as never)).code).toBe("invalid-argument");
    }
    const int8 = {
      fields: [
        { name: "a", type: { kind: "int", bits: 8, signed: true } as const, nullable: false },
      ],
    };
    for (const a of [128, 1.5, "1", null, undefined, 2n ** 70n, true]) {
      const error = await errorOf(tableRecords(recordsTable([{ a: 1 }, { a }], { schema: int8 })));
      expect(error).toMatchObject({
        code: "invalid-argument",
        message: expect.stringContaining("row 1"),
      });
    }
    expect(codeOf(() => recordsTable([{ b: 1 }], { schema: int8 })).code).toBe("invalid-argument");
    const wrong: readonly (readonly [TableSchema["fields"][number]["type"], unknown])[] = [
      [{ kind: "date" }, new Date(5)],
      [{ kind: "timestamp", unit: "s" }, new Date(5)],
      [{ kind: "timestamp", unit: "ms" }, new Date(Number.NaN)],
      [{ kind: "timestamp", unit: "ms" }, 5],
      [{ kind: "time", unit: "ms" }, 2n ** 63n],
      [{ kind: "decimal", precision: 3, scale: 1 }, "100.0"],
      [{ kind: "decimal", precision: 3, scale: 1 }, "1.05"],
      [{ kind: "decimal", precision: 3, scale: 1 }, 1.5],
      [{ kind: "string" }, "\ud800"],
      [{ kind: "float", bits: 64 }, 1n],
    ];
    for (const [type, a] of wrong) {
      const schema = { fields: [{ name: "a", type, nullable: true }] };
      expect((await errorOf(tableRecords(recordsTable([{ a }], { schema })))).code).toBe(
        "invalid-argument",
      );
    }
  });

  it("end when the signal fires", async () => {
    const error = await errorOf(
      tableRecords(recordsTable([{ a: 1 }]), { signal: AbortSignal.abort() }),
    );
    expect(error.code).toBe("aborted");
  });
});
