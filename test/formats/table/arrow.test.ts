import * as arrow from "apache-arrow";
import { describe, expect, it } from "vitest";
import { tableDigest } from "../../../src/cas/digests/index.js";
import {
  arrowTable,
  recordsTable,
  type TableSchema,
  tableRecords,
} from "../../../src/formats/index.js";
import { codeOf, errorOf } from "../json/lode-errors.js";

const N = 40;
const some = <T>(make: (i: number) => T) =>
  Array.from({ length: N }, (_, i) => (i % 7 === 3 ? null : make(i)));
const vector = (values: readonly unknown[], type: arrow.DataType) =>
  arrow.vectorFromArray(values as never, type as never);
const list = (type: arrow.DataType) => new arrow.List(new arrow.Field("item", type, true));

const VECTORS: Readonly<Record<string, arrow.Vector>> = {
  flag: vector(
    some((i) => i % 3 === 0),
    new arrow.Bool(),
  ),
  i8: vector(
    some((i) => i - 20),
    new arrow.Int8(),
  ),
  u16: vector(
    some((i) => i * 1000),
    new arrow.Uint16(),
  ),
  i64: vector(
    some((i) => BigInt(i) * -(2n ** 40n)),
    new arrow.Int64(),
  ),
  u64: vector(
    some((i) => 2n ** 64n - BigInt(i) - 1n),
    new arrow.Uint64(),
  ),
  f16: vector(
    some((i) => i / 8 - 2),
    new arrow.Float16(),
  ),
  f32: vector(
    some((i) => i / 2),
    new arrow.Float32(),
  ),
  f64: vector(
    some((i) => i / 3),
    new arrow.Float64(),
  ),
  text: vector(
    some((i) => `é${i}`.repeat(i % 3)),
    new arrow.Utf8(),
  ),
  large: vector(
    some((i) => `l${i}`),
    new arrow.LargeUtf8(),
  ),
  bytes: vector(
    some((i) => new Uint8Array(i % 4).fill(i)),
    new arrow.Binary(),
  ),
  fixed: vector(
    some((i) => new Uint8Array(3).fill(i)),
    new arrow.FixedSizeBinary(3),
  ),
  dict: vector(
    some((i) => `d${i % 4}`),
    new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8()),
  ),
  list: vector(
    some((i) => Array.from({ length: i % 4 }, (_, j) => (j === 2 ? null : j))),
    list(new arrow.Int32()),
  ),
  lists: vector(
    some((i) => [[`a${i}`], null, []]),
    list(list(new arrow.Utf8())),
  ),
  pair: vector(
    some((i) => [i, i / 2]),
    new arrow.FixedSizeList(2, new arrow.Field("item", new arrow.Float32(), true)),
  ),
  struct: vector(
    some((i) => ({ x: i % 2 ? i : null, y: [`${i}`] })),
    new arrow.Struct([
      new arrow.Field("x", new arrow.Int16(), true),
      new arrow.Field("y", list(new arrow.Utf8()), true),
    ]),
  ),
  nothing: vector(
    some(() => null),
    new arrow.Null(),
  ),
};

/** Times are made of their ticks: the builder takes numbers in different units. Each has memory of its own: the writer of IPC files merges buffers that share it. */
const TICKS = BigInt64Array.from({ length: N }, (_, i) => BigInt(i) * 1_000_003n - 5n);
const times: Readonly<Record<string, arrow.DataType>> = {
  s: new arrow.TimestampSecond(),
  us: new arrow.TimestampMicrosecond("Europe/Berlin"),
  ns: new arrow.TimestampNanosecond("UTC"),
  span: new arrow.DurationMicrosecond(),
  time: new arrow.TimeNanosecond(),
};
for (const [name, type] of Object.entries(times)) {
  (VECTORS as Record<string, arrow.Vector>)[name] = new arrow.Vector([
    arrow.makeData({ type: type as arrow.Timestamp, data: TICKS.slice() as never, length: N }),
  ]);
}
const DAYS = Int32Array.from({ length: N }, (_, i) => i * 100 - 50);
Object.assign(VECTORS, {
  day: new arrow.Vector([
    arrow.makeData({ type: new arrow.DateDay(), data: DAYS.slice(), length: N }),
  ]),
  day64: new arrow.Vector([
    arrow.makeData({
      type: new arrow.DateMillisecond(),
      data: BigInt64Array.from(DAYS, (d) => BigInt(d) * 86_400_000n) as never,
      length: N,
    }),
  ]),
  ms: new arrow.Vector([
    arrow.makeData({ type: new arrow.TimeMillisecond(), data: DAYS.slice(), length: N }),
  ]),
  money: new arrow.Vector([
    arrow.makeData({
      type: new arrow.Decimal(2, 30),
      data: new Uint32Array(
        BigInt64Array.from({ length: 2 * N }, (_, i) =>
          i % 4 === 3 ? -1n : i % 2 ? 0n : i % 4 === 2 ? -BigInt(i) : BigInt(i),
        ).buffer,
      ),
      length: N,
    }),
  ]),
});

const field = (name: string, type: TableSchema["fields"][number]["type"]) => ({
  name,
  type,
  nullable: true,
});
const item = (type: TableSchema["fields"][number]["type"]) =>
  ({ kind: "list", item: field("item", type) }) as const;
const SCHEMA: TableSchema = {
  fields: [
    field("flag", { kind: "bool" }),
    field("i8", { kind: "int", bits: 8, signed: true }),
    field("u16", { kind: "int", bits: 16, signed: false }),
    field("i64", { kind: "int", bits: 64, signed: true }),
    field("u64", { kind: "int", bits: 64, signed: false }),
    field("f16", { kind: "float", bits: 16 }),
    field("f32", { kind: "float", bits: 32 }),
    field("f64", { kind: "float", bits: 64 }),
    field("text", { kind: "string" }),
    field("large", { kind: "string" }),
    field("bytes", { kind: "bytes" }),
    field("fixed", { kind: "bytes" }),
    field("dict", { kind: "string" }),
    field("list", item({ kind: "int", bits: 32, signed: true })),
    field("lists", item(item({ kind: "string" }))),
    field("pair", item({ kind: "float", bits: 32 })),
    field("struct", {
      kind: "struct",
      fields: [
        field("x", { kind: "int", bits: 16, signed: true }),
        field("y", item({ kind: "string" })),
      ],
    }),
    field("nothing", { kind: "string" }),
    field("s", { kind: "timestamp", unit: "s" }),
    field("us", { kind: "timestamp", unit: "us", zone: "Europe/Berlin" }),
    field("ns", { kind: "timestamp", unit: "ns", zone: "UTC" }),
    field("span", { kind: "duration", unit: "us" }),
    field("time", { kind: "time", unit: "ns" }),
    field("day", { kind: "date" }),
    field("day64", { kind: "date" }),
    field("ms", { kind: "time", unit: "ms" }),
    field("money", { kind: "decimal", precision: 30, scale: 2 }),
  ],
};

/** What the table should have, without apache-arrow's own way of showing it. */
const RECORDS = Array.from({ length: N }, (_, i) => {
  const shown = i % 7 !== 3;
  const or = <T>(value: T) => (shown ? value : null);
  return {
    flag: or(i % 3 === 0),
    i8: or(i - 20),
    u16: or(i * 1000),
    i64: or(BigInt(i) * -(2n ** 40n)),
    u64: or(2n ** 64n - BigInt(i) - 1n),
    f16: or(i / 8 - 2),
    f32: or(i / 2),
    f64: or(i / 3),
    text: or(`é${i}`.repeat(i % 3)),
    large: or(`l${i}`),
    bytes: or(new Uint8Array(i % 4).fill(i)),
    fixed: or(new Uint8Array(3).fill(i)),
    dict: or(`d${i % 4}`),
    list: or(Array.from({ length: i % 4 }, (_, j) => (j === 2 ? null : j))),
    lists: or([[`a${i}`], null, []]),
    pair: or([i, i / 2]),
    struct: or({ x: i % 2 ? i : null, y: [`${i}`] }),
    nothing: null,
    s: new Date(Number(TICKS[i]) * 1000),
    us: TICKS[i],
    ns: TICKS[i],
    span: TICKS[i],
    time: TICKS[i],
    day: new Date((DAYS[i] as number) * 86_400_000),
    day64: new Date((DAYS[i] as number) * 86_400_000),
    ms: BigInt(DAYS[i] as number),
    money: money(i),
  };
});

function money(i: number): string {
  const unscaled = i % 2 ? -2 * i : 2 * i;
  const text = String(Math.abs(unscaled)).padStart(3, "0");
  return `${unscaled < 0 ? "-" : ""}${text.slice(0, -2)}.${text.slice(-2)}`;
}

describe("tables of apache-arrow", () => {
  const table = new arrow.Table(VECTORS as never) as arrow.Table;
  const forms: Readonly<Record<string, arrow.Table>> = {
    "as built": table,
    "read from a stream": arrow.tableFromIPC(arrow.tableToIPC(table, "stream")),
    "read from a file": arrow.tableFromIPC(arrow.tableToIPC(table, "file")),
    "in slices put together": table
      .slice(0, 13)
      .concat(table.slice(13, 14))
      .concat(table.slice(14)),
  };

  it.each(Object.entries(forms))("have the same types and values %s", async (_, form) => {
    const ours = arrowTable(form);
    expect(ours.schema.fields).toEqual(SCHEMA.fields);
    expect(await tableRecords(ours)).toEqual(RECORDS);
    const own = recordsTable(RECORDS, { schema: SCHEMA });
    expect(await tableDigest(ours)).toBe(await tableDigest(own));
  });

  it("have the digest of plain text for a dictionary", async () => {
    const values = some((i) => `d${i % 4}`);
    const plain = new arrow.Table({ dict: vector(values, new arrow.Utf8()) });
    const coded = new arrow.Table({ dict: VECTORS.dict as arrow.Vector });
    expect(await tableDigest(arrowTable(coded))).toBe(await tableDigest(arrowTable(plain)));
  });

  it("are refused where ours have no type, and for names that stand there twice", async () => {
    const refused = [new arrow.IntervalDayTime(), new arrow.Decimal(2, 50, 256)];
    for (const type of refused) {
      const schema = new arrow.Schema([new arrow.Field("a", type, true)]);
      expect(codeOf(() => arrowTable(new arrow.Table(schema))).code).toBe("unsupported");
    }
    const map = new arrow.Map_(
      new arrow.Field(
        "entries",
        new arrow.Struct([
          new arrow.Field("key", new arrow.Utf8(), false),
          new arrow.Field("value", new arrow.Utf8(), true),
        ]) as never,
        false,
      ),
    );
    const maps = new arrow.Schema([new arrow.Field("a", map, true)]);
    expect(codeOf(() => arrowTable(new arrow.Table(maps))).code).toBe("unsupported");
    const twice = new arrow.Schema([
      new arrow.Field("a", new arrow.Utf8()),
      new arrow.Field("a", new arrow.Utf8()),
    ]);
    expect(codeOf(() => arrowTable(new arrow.Table(twice))).code).toBe("invalid-argument");
    const noon = arrow.makeData({
      type: new arrow.DateMillisecond(),
      data: BigInt64Array.of(43_200_000n) as never,
      length: 1,
    });
    const dates = arrowTable(new arrow.Table({ a: new arrow.Vector([noon]) }));
    expect((await errorOf(tableRecords(dates))).code).toBe("unsupported");
  });
});
