import * as arrow from "apache-arrow";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../../src/errors.js";
import { bytesReader, parquetTable } from "../../../../src/formats/index.js";

type Fields = Readonly<Record<string, arrow.DataType>>;

/** The entry that Arrow's writers make of these fields. */
function entry(fields: Fields): Uint8Array {
  const schema = new arrow.Schema(
    Object.entries(fields).map(([name, type]) => new arrow.Field(name, type, true)),
  );
  return arrow.tableToIPC(new arrow.Table(schema), "stream");
}

/** A file of two columns: INT64, and instants in ms. */
function file(value: string): Uint8Array {
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: "n", data: [1n, 2n], type: "INT64" },
      { name: "t", data: [new Date(5), new Date(6)], type: "TIMESTAMP" },
    ],
    kvMetadata: [{ key: "ARROW:schema", value }],
  });
  return new Uint8Array(bytes);
}

async function typesOf(value: Uint8Array, columns?: readonly string[]) {
  const text = Buffer.from(value).toString("base64");
  const table = await parquetTable(bytesReader(file(text)), { columns });
  expect(table.schema.metadata).toBeUndefined();
  return table.schema.fields.map(({ type }) => type);
}

const INT = { kind: "int", bits: 64, signed: true };
const INSTANT = { kind: "timestamp", unit: "ms", zone: "UTC" };
const SPAN = new arrow.DurationNanosecond();
const TOKYO = new arrow.TimestampMillisecond("Asia/Tokyo");
const AS_ARROW = [
  { kind: "duration", unit: "ns" },
  { kind: "timestamp", unit: "ms", zone: "Asia/Tokyo" },
];

describe("Arrow's schema in a Parquet file", () => {
  it("tells durations and zones, of chosen columns too", async () => {
    expect(await typesOf(entry({ n: SPAN, t: TOKYO }))).toEqual(AS_ARROW);
    expect(await typesOf(entry({ n: SPAN, t: TOKYO }), ["t"])).toEqual([AS_ARROW[1]]);
    expect(await typesOf(entry({ n: new arrow.DurationSecond(), t: TOKYO }), ["n"])).toEqual([
      { kind: "duration", unit: "s" },
    ]);
  });

  it("is read without the mark of newer messages, too", async () => {
    expect(await typesOf(entry({ n: SPAN, t: TOKYO }).subarray(4))).toEqual(AS_ARROW);
  });

  const others: readonly Fields[] = [
    { n: SPAN },
    { t: TOKYO, n: SPAN },
    { n: SPAN, t: TOKYO, x: SPAN },
    { n: SPAN, other: TOKYO },
  ];
  it.each(others.map((fields) => [Object.keys(fields), fields] as const))(
    "is passed over if it is of the columns %j",
    async (_, fields) => {
      expect(await typesOf(entry(fields))).toEqual([INT, INSTANT]);
    },
  );

  const same: readonly Fields[] = [
    { n: new arrow.Int64(), t: new arrow.TimestampMillisecond() },
    { n: TOKYO, t: SPAN },
    { n: new arrow.Utf8(), t: new arrow.Utf8() },
  ];
  it.each(same.map((fields) => [String(Object.values(fields)), fields] as const))(
    "changes nothing by the types %s",
    async (_, fields) => {
      expect(await typesOf(entry(fields))).toEqual([INT, INSTANT]);
    },
  );

  it("says so if it is damaged, or is read as some schema", async () => {
    const whole = entry({ n: SPAN, t: TOKYO });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length),
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
        async (length, changes) => {
          const damaged = whole.slice(0, changes.length === 0 ? length : undefined);
          for (const [at, value] of changes) damaged[at] = value;
          try {
            expect(await typesOf(damaged)).toHaveLength(2);
          } catch (error) {
            if (!isLodeError(error, "corrupt-format")) throw error;
            expect(error.message).toContain("ARROW:schema");
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is damaged if it is empty or another message", async () => {
    for (const value of [new Uint8Array(0), Buffer.from("no schema at all")]) {
      await expect(typesOf(value)).rejects.toMatchObject({ code: "corrupt-format" });
    }
  });
});
