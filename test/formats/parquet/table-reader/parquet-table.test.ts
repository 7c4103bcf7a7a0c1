import { describe, expect, it } from "vitest";
import { tableDigest } from "../../../../src/cas/digests/index.js";
import {
  bytesReader,
  type ColumnType,
  parquetTable,
  recordsTable,
  type Table,
  tableParquetChunks,
  tableRecords,
} from "../../../../src/formats/index.js";
import { errorOf } from "../../json/lode-errors.js";
import { collect } from "../../zip/collect.js";

const field = (name: string, type: ColumnType, nullable = true) => ({ name, type, nullable });
const list = (type: ColumnType): ColumnType => ({ kind: "list", item: field("element", type) });
const int = (bits: 8 | 16 | 32 | 64, signed: boolean): ColumnType => ({
  kind: "int",
  bits,
  signed,
});
const units = ["s", "ms", "us", "ns"] as const;

const FIELDS = [
  field("flag", { kind: "bool" }),
  ...([8, 16, 32, 64] as const).flatMap((bits) => [
    field(`i${bits}`, int(bits, true)),
    field(`u${bits}`, int(bits, false)),
    field(`required i${bits}`, int(bits, true), false),
    field(`required u${bits}`, int(bits, false), false),
  ]),
  field("f16", { kind: "float", bits: 16 }),
  field("f32", { kind: "float", bits: 32 }),
  field("f64", { kind: "float", bits: 64 }, false),
  field("text", { kind: "string" }),
  field("bytes", { kind: "bytes" }, false),
  field("day", { kind: "date" }),
  ...units.flatMap((unit) => [
    field(`local ${unit}`, { kind: "timestamp", unit }),
    field(`utc ${unit}`, { kind: "timestamp", unit, zone: "UTC" }, false),
    field(`berlin ${unit}`, { kind: "timestamp", unit, zone: "Europe/Berlin" }),
    field(`time ${unit}`, { kind: "time", unit }),
    field(`span ${unit}`, { kind: "duration", unit }),
  ]),
  field("d9", { kind: "decimal", precision: 9, scale: 2 }),
  field("d18", { kind: "decimal", precision: 18, scale: 0 }, false),
  field("d38", { kind: "decimal", precision: 38, scale: 10 }),
  field("list", list({ kind: "string" })),
  field("lists", list(list({ kind: "duration", unit: "s" }))),
  field("struct", {
    kind: "struct",
    fields: [
      field("at", { kind: "timestamp", unit: "s", zone: "Asia/Tokyo" }),
      field("x", list({ kind: "float", bits: 64 })),
    ],
  }),
];

/** A value of a type that other rows do not have, negative ones among them. */
function valueFor(type: ColumnType, i: number): unknown {
  switch (type.kind) {
    case "bool":
      return i % 2 === 0;
    case "int": {
      const top = BigInt.asUintN(type.bits, BigInt(-1 - i));
      const value = type.signed ? BigInt.asIntN(type.bits, BigInt(i - 20)) : top;
      return type.bits === 64 ? value : Number(value);
    }
    case "float":
      return i % 5 === 0 ? Number.NaN : i / 4 - 3;
    case "string":
      return `é${i}`.repeat(i % 3);
    case "bytes":
      return new Uint8Array(i % 4).fill(i);
    case "date":
      return new Date((i - 20) * 86_400_000);
    case "timestamp":
      if (type.unit === "s" || type.unit === "ms") return new Date((i - 20) * 86_400_000);
      return BigInt(i - 20) * 10n ** 15n + 1n;
    case "time":
    case "duration":
      return BigInt(i) * 100n;
    case "decimal": {
      const digits = String(i + 1).padStart(type.scale + 2, "7");
      const [whole, behind] = [
        digits.slice(0, digits.length - type.scale),
        digits.slice(digits.length - type.scale),
      ];
      return `${i % 2 ? "-" : ""}${whole}${type.scale > 0 ? `.${behind}` : ""}`;
    }
    case "list":
      return Array.from({ length: i % 4 }, (_, j) =>
        j === 1 ? null : valueFor(type.item.type, i + j),
      );
    case "struct":
      return Object.fromEntries(
        type.fields.map(({ name, type: part }, j) => [
          name,
          (i + j) % 3 === 0 ? null : valueFor(part, i),
        ]),
      );
  }
}

const RECORDS = Array.from({ length: 60 }, (_, i) =>
  Object.fromEntries(
    FIELDS.map(({ name, type, nullable }, j) => [
      name,
      nullable && (i + j) % 5 === 0 ? null : valueFor(type, i),
    ]),
  ),
);
const write = (table: Table) => collect(tableParquetChunks(table));

describe("tables of Parquet files", () => {
  it("have every type and value that was written, and the digest", async () => {
    const table = recordsTable(RECORDS, { schema: { fields: FIELDS, metadata: { owner: "x" } } });
    const read = await parquetTable(bytesReader(await write(table)));
    expect(read.schema).toEqual(table.schema);
    expect(await tableRecords(read)).toEqual(RECORDS);
    expect(await tableRecords(read)).toHaveLength(60);
    expect(await tableDigest(read)).toBe(await tableDigest(table));
  });

  it("are read by columns and rows", async () => {
    const bytes = await write(recordsTable(RECORDS, { schema: { fields: FIELDS } }));
    const options = { columns: ["text", "f64"], rowStart: 5, rowEnd: 20 };
    const read = await parquetTable(bytesReader(bytes), options);
    expect(read.schema.fields.map(({ name }) => name)).toEqual(["f64", "text"]);
    expect(await tableRecords(read)).toEqual(
      RECORDS.slice(5, 20).map((record) => ({ f64: record.f64, text: record.text })),
    );
    const wrong = await parquetTable(bytesReader(bytes), { columns: ["nothing"] });
    expect((await errorOf(tableRecords(wrong))).code).toBe("invalid-argument");
  });
});
