import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tableDigest } from "../../../src/cas/digests/index.js";
import { slicedColumn } from "../../../src/cas/digests/sliced-column.js";
import {
  type ColumnType,
  type ColumnValues,
  columnsTable,
  type Field,
  recordsTable,
  type Table,
  type TableRecord,
  tableBatches,
} from "../../../src/formats/index.js";
import { errorOf } from "../../formats/json/lode-errors.js";

const list = (type: ColumnType): ColumnType => ({
  kind: "list",
  item: { name: "item", type, nullable: true },
});
const number: ColumnType = { kind: "float", bits: 64 };
const FIELDS: readonly Field[] = [
  { name: "n", type: number, nullable: true },
  { name: "t", type: { kind: "timestamp", unit: "us" }, nullable: true },
  { name: "s", type: { kind: "string" }, nullable: true },
  { name: "l", type: list(list(number)), nullable: true },
  {
    name: "o",
    type: {
      kind: "struct",
      fields: [{ name: "x", type: list({ kind: "bytes" }), nullable: true }],
    },
    nullable: true,
  },
];
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 3 });
const rows = fc.array(
  fc.record({
    n: maybe(fc.double()),
    t: maybe(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    s: maybe(fc.string({ unit: "grapheme", maxLength: 5 })),
    l: maybe(fc.array(maybe(fc.array(maybe(fc.double()), { maxLength: 3 })), { maxLength: 3 })),
    o: maybe(
      fc.record({ x: maybe(fc.array(maybe(fc.uint8Array({ maxLength: 3 })), { maxLength: 3 })) }),
    ),
  }),
  { maxLength: 30 },
);

/** The same rows in other batches, as parts of larger arrays. */
async function split(table: Table, cuts: readonly number[]): Promise<Table> {
  const batches = [];
  for await (const { rows, columns } of tableBatches(table)) {
    const at = [0, ...cuts.filter((cut) => cut <= rows).sort((a, b) => a - b), rows];
    for (let i = 1; i < at.length; i++) {
      const [start, end] = [at[i - 1] as number, at[i] as number];
      batches.push({ rows: end - start, columns: columns.map((c) => slicedColumn(c, start, end)) });
    }
  }
  return { schema: table.schema, batches };
}

const flat = (field: Field, column: ColumnValues): Table => ({
  schema: { fields: [field] },
  batches: [{ rows: column.length, columns: [column] }],
});

describe("table-v1", () => {
  it("does not depend on how rows are split into batches", async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.array(fc.nat(30), { maxLength: 5 }), async (records, cuts) => {
        const table = recordsTable(records, { schema: { fields: FIELDS } });
        expect(await tableDigest(await split(table, cuts))).toBe(await tableDigest(table));
      }),
      { numRuns: 60 },
    );
  });

  it("differs as soon as one value differs", async () => {
    const name = fc.constantFrom("n", "t", "s", "l", "o");
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(), name, rows, async (records, at, key, [other]) => {
        fc.pre(records.length > 0 && other !== undefined);
        const row = at % records.length;
        const value = other?.[key as "n"];
        const changed = records.with(row, { ...records[row]!, [key]: value });
        const digest = (rows: TableRecord[]) =>
          tableDigest(recordsTable(rows, { schema: { fields: FIELDS } }));
        const equal = (await digest(records)) === (await digest(changed));
        expect(equal).toBe(JSON.stringify(records, exact) === JSON.stringify(changed, exact));
      }),
      { numRuns: 100 },
    );
  });

  it("takes a column without nulls for one that cannot have any, and ignores metadata and names of items", async () => {
    const values = Float64Array.of(1, 2);
    const plain = columnsTable({ a: values });
    const nullable = flat(
      { name: "a", type: number, nullable: true },
      { length: 2, data: values, valid: Uint8Array.of(1, 1) },
    );
    expect(await tableDigest(nullable)).toBe(await tableDigest(plain));
    const noted = { ...plain, schema: { ...plain.schema, metadata: { pandas: "{}" } } };
    expect(await tableDigest(noted)).toBe(await tableDigest(plain));
    const lists = (name: string) =>
      tableDigest(
        recordsTable([{ a: [1] }], {
          schema: {
            fields: [
              {
                name: "a",
                type: { kind: "list", item: { name, type: number, nullable: true } },
                nullable: true,
              },
            ],
          },
        }),
      );
    expect(await lists("element")).toBe(await lists("item"));
  });

  it("ignores what stands in places without a value", async () => {
    const field = { name: "a", type: list(number), nullable: true } as const;
    const items = { length: 4, data: Float64Array.of(1, 2, 3, 4) };
    const garbage = flat(field, {
      length: 3,
      valid: Uint8Array.of(1, 0, 1),
      data: { offsets: Int32Array.of(0, 1, 3, 4), items },
    });
    const clean = recordsTable([{ a: [1] }, { a: null }, { a: [4] }], {
      schema: { fields: [field] },
    });
    expect(await tableDigest(garbage)).toBe(await tableDigest(clean));
    const struct = {
      name: "o",
      type: { kind: "struct", fields: [{ name: "x", type: number, nullable: false }] },
      nullable: true,
    } as const;
    const masked = flat(struct, {
      length: 2,
      valid: Uint8Array.of(0, 1),
      data: { fields: [{ length: 2, data: Float64Array.of(7, 8) }] },
    });
    const shown = recordsTable([{ o: null }, { o: { x: 8 } }], { schema: { fields: [struct] } });
    expect(await tableDigest(masked)).toBe(await tableDigest(shown));
    const nan = columnsTable({
      a: new Float64Array(BigUint64Array.of(0xfff8000000000001n).buffer),
    });
    expect(await tableDigest(nan)).toBe(
      await tableDigest(columnsTable({ a: Float64Array.of(Number.NaN) })),
    );
  });

  it("takes equal times of different units for equal, also beyond 64 bits of nanoseconds", async () => {
    const times = (
      unit: "s" | "ms" | "us" | "ns",
      values: readonly (bigint | null)[],
      kind: "timestamp" | "duration" | "time" = "timestamp",
    ) =>
      tableDigest(
        recordsTable(
          values.map((a) => ({ a })),
          { schema: { fields: [{ name: "a", type: { kind, unit }, nullable: true }] } },
        ),
      );
    const seconds = [0n, 1n, -1n, null, 9_223_372_036n, -9_223_372_036n];
    for (const kind of ["timestamp", "duration", "time"] as const) {
      const digest = await times("s", seconds, kind);
      for (const [unit, factor] of [
        ["ms", 1000n],
        ["us", 10n ** 6n],
        ["ns", 10n ** 9n],
      ] as const) {
        expect(
          await times(
            unit,
            seconds.map((value) => value && value * factor),
            kind,
          ),
        ).toBe(digest);
      }
    }
    const far = [10n ** 15n, -(10n ** 15n), 9_223_372_037n, -9_223_372_037n];
    const digest = await times("s", far);
    expect(
      await times(
        "ms",
        far.map((value) => value * 1000n),
      ),
    ).toBe(digest);
    // The same lowest 64 bits.
    const wrapped = far.map((value) => BigInt.asIntN(64, value * 10n ** 9n));
    expect(await times("ns", wrapped)).not.toBe(digest);
  });

  it("multiplies ticks exactly", async () => {
    const { toNanoseconds } = await import("../../../src/cas/digests/nanoseconds.js");
    const ticks = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: -(2n ** 45n), max: 2n ** 45n }),
    );
    fc.assert(
      fc.property(fc.array(ticks), fc.constantFrom("s", "ms", "us", "ns"), (values, unit) => {
        const factor = { s: 10n ** 9n, ms: 10n ** 6n, us: 1000n, ns: 1n }[unit];
        const { low, wide } = toNanoseconds(BigInt64Array.from(values), unit);
        const high = new Map(wide.map(({ row, high }) => [row, high]));
        const whole = Array.from(low, (value, row) => {
          const above = high.get(row);
          return above === undefined ? value : (above << 64n) + BigInt.asUintN(64, value);
        });
        expect(whole).toEqual(values.map((value) => value * factor));
      }),
    );
  });

  it("refuses batches that do not fit the schema", async () => {
    const a: Field = { name: "a", type: number, nullable: true };
    const data = Float64Array.of(1, 2);
    const wrong: readonly Table[] = [
      { schema: { fields: [a] }, batches: [{ rows: 3, columns: [{ length: 2, data }] }] },
      { schema: { fields: [a] }, batches: [{ rows: 2, columns: [] }] },
      flat(a, { length: 3, data }),
      flat(a, { length: 2, data: Float32Array.of(1, 2) }),
      flat(a, { length: 2, data: ["1", "2"] }),
      flat(a, { length: 2, data, valid: Uint8Array.of(1) }),
      flat({ ...a, type: list(number) }, { length: 2, data }),
      flat(
        { ...a, type: list(number) },
        { length: 2, data: { offsets: Int32Array.of(0, 2, 1), items: { length: 2, data } } },
      ),
      flat(
        { ...a, type: list(number) },
        { length: 1, data: { offsets: Int32Array.of(0, 3), items: { length: 2, data } } },
      ),
      flat({ ...a, type: { kind: "struct", fields: [a] } }, { length: 2, data: { fields: [] } }),
      flat({ ...a, type: { kind: "string" } }, { length: 2, data: ["\ud83d", "\ude00"] }),
      { schema: { fields: [a, a] }, batches: [] },
    ];
    for (const table of wrong)
      expect((await errorOf(tableDigest(table))).code).toBe("invalid-argument");
    const signal = AbortSignal.abort();
    expect((await errorOf(tableDigest(flat(a, { length: 2, data }), { signal }))).code).toBe(
      "aborted",
    );
  });
});

/** JSON in which no two values look the same. */
function exact(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return Object.is(value, -0) ? "-0" : `number ${value}`;
}
