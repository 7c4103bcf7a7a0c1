import { describe, expect, it } from "vitest";
import { columnsTable, tableColumns } from "../../../src/formats/index.js";
import { codeOf } from "../json/lode-errors.js";

const ARRAYS = {
  i8: Int8Array.of(-1, 2),
  u8: Uint8Array.of(1, 255),
  i16: Int16Array.of(-1, 2),
  u16: Uint16Array.of(1, 65535),
  i32: Int32Array.of(-1, 2),
  u32: Uint32Array.of(1, 2 ** 32 - 1),
  i64: BigInt64Array.of(-1n, 2n),
  u64: BigUint64Array.of(1n, 2n ** 64n - 1n),
  f32: Float32Array.of(0.5, Number.NaN),
  f64: Float64Array.of(-0, 0.1),
};

describe("tables of columns", () => {
  it("give typed arrays back as they came, without a copy on the way in", async () => {
    const table = columnsTable(ARRAYS);
    const [batch] = table.batches as Iterable<{ columns: readonly { data: unknown }[] }>;
    expect(batch?.columns[0]?.data).toBe(ARRAYS.i8);
    expect(await tableColumns(table)).toEqual(ARRAYS);
    expect(table.schema.fields.every(({ nullable }) => !nullable)).toBe(true);
  });

  it("take arrays of values, with nulls", async () => {
    const columns = { n: [1, null], s: ["a", "b"], l: [[1], []], c: Uint8ClampedArray.of(1, 2) };
    expect(await tableColumns(columnsTable(columns))).toEqual({
      ...columns,
      c: Uint8Array.of(1, 2),
    });
  });

  it("are made the types of a schema", async () => {
    const schema = {
      fields: [
        { name: "a", type: { kind: "int", bits: 16, signed: true } as const, nullable: false },
      ],
    };
    expect(await tableColumns(columnsTable({ a: Float64Array.of(1, 2) }, { schema }))).toEqual({
      a: Int16Array.of(1, 2),
    });
    expect(codeOf(() => columnsTable({ a: Float64Array.of(1.5) }, { schema })).code).toBe(
      "invalid-argument",
    );
    expect(codeOf(() => columnsTable({ b: [1] }, { schema })).code).toBe("invalid-argument");
    expect(codeOf(() => columnsTable({}, { schema })).code).toBe("invalid-argument");
  });

  it("have half floats as the nearest ones, and give them back in 32 bits", async () => {
    const schema = {
      fields: [{ name: "a", type: { kind: "float", bits: 16 } as const, nullable: false }],
    };
    const table = columnsTable({ a: [0.1, -1, Number.NaN] }, { schema });
    const [batch] = table.batches as Iterable<{ columns: readonly { data: unknown }[] }>;
    expect(batch?.columns[0]?.data).toEqual(Uint16Array.of(0x2e66, 0xbc00, 0x7e00));
    expect(await tableColumns(table)).toEqual({
      a: Float32Array.of(0.0999755859375, -1, Number.NaN),
    });
  });

  it("are refused with columns of other lengths, and what is no array", () => {
    for (const columns of [
      { a: [1], b: [1, 2] },
      { a: "text" },
      { a: new DataView(new ArrayBuffer(8)) },
      { a: 5 },
    ]) {
      expect(codeOf(() => columnsTable(columns as never)).code).toBe("invalid-argument");
    }
  });
});
