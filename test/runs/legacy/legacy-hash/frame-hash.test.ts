import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  bytesReader,
  type ColumnValues,
  type Field,
  parquetTable,
  type Table,
} from "../../../../src/formats/index.js";
import { FrameRows } from "../../../../src/runs/legacy/legacy-hash/index.js";
import { goldenJson } from "../golden.js";

const VECTORS = goldenJson("hashes.json") as Record<string, { hash: string; parquet: string }>;

async function frameHash(table: Table): Promise<string> {
  const hash = createHash("sha256");
  const rows = new FrameRows(table.schema);
  for await (const batch of table.batches) hash.update(rows.next(batch));
  return hash.digest("hex");
}

const INT64: Field = { name: "a", type: { kind: "int", bits: 64, signed: true }, nullable: true };

function tableOf(fields: Field[], columns: ColumnValues[]): Table {
  return { schema: { fields }, batches: [{ rows: columns[0]?.length ?? 0, columns }] };
}

describe("FrameRows", () => {
  it.each(Object.keys(VECTORS))("gives the hash of pandas for %s", async (name) => {
    const { hash, parquet } = VECTORS[name]!;
    const table = await parquetTable(bytesReader(Buffer.from(parquet, "base64")));
    expect(await frameHash(table)).toBe(hash);
  });

  it("does not depend on how rows are split", async () => {
    const table = await parquetTable(
      bytesReader(Buffer.from(VECTORS["rows-1000"]!.parquet, "base64")),
    );
    const rows = new FrameRows(table.schema);
    const hash = createHash("sha256");
    for await (const { rows: count, columns } of table.batches) {
      for (let from = 0; from < count; from += 333) {
        const to = Math.min(count, from + 333);
        const part = columns.map(({ data, valid }) => ({
          length: to - from,
          data: (data as BigInt64Array).slice(from, to),
          valid: valid?.slice(from, to),
        }));
        hash.update(rows.next({ rows: to - from, columns: part }));
      }
    }
    expect(hash.digest("hex")).toBe(VECTORS["rows-1000"]!.hash);
  });

  it("takes an index from 0 for a table that is not of pandas", async () => {
    const table = tableOf(
      [INT64, { name: "b", type: { kind: "float", bits: 64 }, nullable: true }],
      [
        { length: 3, data: BigInt64Array.of(1n, 2n, 3n) },
        { length: 3, data: Float64Array.of(0.5, 1.5, 2.5) },
      ],
    );
    expect(await frameHash(table)).toBe(
      "304fb8cd32d7bd80f65458fdcc3d8f652cf43f418386e9468f1377dbb3270268",
    );
  });

  it("says which column it cannot hash", async () => {
    const list: Field = { name: "l", type: { kind: "list", item: INT64 }, nullable: false };
    const items = { length: 0, data: new BigInt64Array(0) };
    const table = tableOf([list], [{ length: 1, data: { offsets: Int32Array.of(0, 0), items } }]);
    await expect(frameHash(table)).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining('column "l"'),
    });
  });

  it("does not hash text with NUL, which pandas confuses", async () => {
    const field: Field = { name: "s", type: { kind: "string" }, nullable: true };
    const table = tableOf([field], [{ length: 1, data: ["a\0b"] }]);
    await expect(frameHash(table)).rejects.toMatchObject({ code: "unsupported" });
  });

  it.each(["{", "[]", '{"index_columns": [7]}', '{"index_columns": ["gone"]}'])(
    "refuses metadata of pandas that is %s",
    (pandas) => {
      const schema = { fields: [INT64], metadata: { pandas } };
      expect(() => new FrameRows(schema)).toThrow(
        expect.objectContaining({ code: "corrupt-format" }),
      );
    },
  );
});
