import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatRow, type OpLogColumns } from "../../src/oplog/index.js";
import { RowEncoder } from "../../src/oplog/row-encoder.js";
import { entries, entry } from "./sample-entries.js";

describe("RowEncoder", () => {
  it("writes what formatRow says, for any rows", () => {
    fc.assert(
      fc.property(entries, fc.constantFrom<OpLogColumns>(13, 15), (rows, columns) => {
        const encoder = new RowEncoder(columns);
        for (const row of rows) encoder.add(row, row.index);
        const { length } = encoder;
        const bytes = Buffer.from(encoder.take());
        const text = rows.map((row) => formatRow(row, row.index, columns)).join("");
        expect(bytes.toString("utf8")).toBe(Buffer.from(text).toString("utf8"));
        expect(bytes.length).toBe(length);
      }),
      { numRuns: 500 },
    );
  });

  it("holds rows of any size, and begins anew when they are taken", () => {
    const encoder = new RowEncoder(13);
    const long = entry({ file: "é\t".repeat(100_000) });
    encoder.add(long, 999_999_999);
    encoder.add(long, 1_000_000_000);
    const text = formatRow(long, 999_999_999, 13) + formatRow(long, 1_000_000_000, 13);
    expect(Buffer.from(encoder.take()).toString()).toBe(text);
    expect(encoder.length).toBe(0);
    encoder.add(entry(), 5);
    expect(Buffer.from(encoder.take()).toString()).toBe(formatRow(entry(), 5, 13));
  });
});
