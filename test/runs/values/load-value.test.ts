import { Table as ArrowTable, Int32, Utf8, vectorFromArray } from "apache-arrow";
import { describe, expect, it } from "vitest";
import { loadArrayRows, loadTable, loadValue, tableOf } from "../../../src/runs/values/index.js";
import { memoryBlobs } from "../blob-places.js";
import { RECORDS, rows, store } from "./stored-values.js";

describe("loadValue", () => {
  it("reads what mltrack wrote by its format", async () => {
    const blobs = await memoryBlobs();
    const { id } = await store(blobs, '{\n  "a": NaN,\n  "b": [1, -Infinity]\n}', {
      format: "json",
    });
    const value = { a: Number.NaN, b: [1, Number.NEGATIVE_INFINITY] };
    for (const type of [undefined, "dict", "LinearRegression"]) {
      expect(await loadValue(blobs, { hash: id, format: "json", type })).toEqual(value);
    }
    const array = await store(blobs, Int8Array.of(1));
    expect(
      await loadValue(blobs, { hash: array.id, format: "npy", type: "ndarray" }),
    ).toMatchObject({
      dtype: "i1",
    });
    const table = await store(blobs, tableOf(RECORDS));
    const frame = await loadValue(blobs, { hash: table.id, format: "parquet", type: "DataFrame" });
    expect(await rows(frame)).toEqual(RECORDS);
  });

  it("names what is wrong", async () => {
    const blobs = await memoryBlobs();
    const { id } = await store(blobs, Uint8Array.of(0xff, 0x7b));
    const refusal = { code: "corrupt-format" };
    for (const [format, type] of [
      ["json", "json"],
      ["txt", "text"],
      ["npy", "array"],
      ["parquet", "table"],
    ]) {
      const ref = { hash: id, format: format as string, type };
      await expect(loadValue(blobs, ref)).rejects.toMatchObject(refusal);
    }
    const none = { hash: "0".repeat(64), format: "json", type: "json" };
    await expect(loadValue(blobs, none)).rejects.toMatchObject({ code: "not-found" });
    await expect(loadValue(blobs, { hash: "../x", format: "json" })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});

describe("parts of values", () => {
  it("reads some columns and rows of a table, and rows of an array", async () => {
    const blobs = await memoryBlobs();
    const table = new ArrowTable({
      n: vectorFromArray([1, 2, 3, null], new Int32()),
      s: vectorFromArray(["a", "b", "c", "d"], new Utf8()),
    });
    const { id: hash } = await store(blobs, table);
    const part = await loadTable(blobs, { hash }, { columns: ["n"], rowStart: 1, rowEnd: 4 });
    expect(await rows(part)).toEqual([{ n: 2 }, { n: 3 }, { n: null }]);
    const data = Float64Array.of(0, 1, 2, 3, 4, 5);
    const array = await store(blobs, { dtype: "f8", shape: [3, 2], data });
    expect(await loadArrayRows(blobs, { hash: array.id }, 1, 3)).toMatchObject({
      shape: [2, 2],
      data: Float64Array.of(2, 3, 4, 5),
    });
  });
});
