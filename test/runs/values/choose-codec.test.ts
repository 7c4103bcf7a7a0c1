import { describe, expect, it } from "vitest";
import type { ValueCodec } from "../../../src/runs/values/index.js";
import { memoryBlobs, objectsOf } from "../blob-places.js";
import { load, store } from "./stored-values.js";

describe("a value that is refused", () => {
  it.each([
    ["undefined", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    ["a bigint", 5n],
    ["a Map", new Map([[1, 2]])],
    ["a Set", new Set([1])],
    ["a Date", new Date(0)],
    ["an instance of a class", new (class Model {})()],
    ["a DataView", new DataView(new ArrayBuffer(8))],
    ["NaN", Number.NaN],
    ["a Map within", { a: [new Map()] }],
    ["bytes within", { weights: Uint8Array.of(1), name: "x" }],
    ["half of a surrogate pair", "\ud800"],
    ["an array whose shape is wrong", { dtype: "f4", shape: [3], data: new Float32Array(2) }],
    ["an array of an unknown dtype", { dtype: "f3", shape: [2], data: new Float32Array(2) }],
    ["columns of different lengths", { a: Float64Array.of(1, 2), b: ["x"] }],
    ["a table that is read once", { schema: { fields: [] }, batches: (function* () {})() }],
  ])("refuses %s, and writes nothing", async (_, value) => {
    const blobs = await memoryBlobs();
    await expect(store(blobs, value)).rejects.toMatchObject({ code: "invalid-argument" });
    expect((await objectsOf(blobs)).size).toBe(0);
  });

  it("refuses a cycle", async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const blobs = await memoryBlobs();
    await expect(store(blobs, cycle)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("takes an ending for bytes and text, and no other format than its own for the rest", async () => {
    const blobs = await memoryBlobs();
    const image = await store(blobs, Uint8Array.of(9), { format: "png" });
    expect(image).toMatchObject({
      type: "bytes",
      format: "png",
      key: expect.stringMatching(/png$/),
    });
    expect(await load(blobs, image)).toEqual(Uint8Array.of(9));
    const csv = await store(blobs, "a,b", { format: "csv" });
    expect(await load(blobs, csv)).toBe("a,b");
    for (const format of ["csv", "../x", "", "a/b", "A"]) {
      await expect(store(blobs, { a: 1 }, { format })).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
  });
});

describe("a codec", () => {
  const dates: ValueCodec<Date> = {
    type: "date",
    format: "json",
    matches: (value): value is Date => value instanceof Date,
    encode: async (date) => Buffer.from(JSON.stringify(date)),
    decode: async (stored) => new Date(JSON.parse(Buffer.from(await stored.bytes()).toString())),
  };
  const codecs = [dates as ValueCodec];

  it("takes what no other takes, and is asked for again", async () => {
    const blobs = await memoryBlobs();
    const stored = await store(blobs, new Date(5), { codecs });
    expect(stored).toMatchObject({ type: "date", format: "json", digest: `bytes-v1:${stored.id}` });
    expect(await load(blobs, stored, codecs)).toEqual(new Date(5));
    await expect(load(blobs, stored)).rejects.toMatchObject({
      code: "unsupported",
      details: { type: "date" },
    });
  });

  it("does not take what does not match, and has no name that means something else", async () => {
    const blobs = await memoryBlobs();
    const codec = dates as ValueCodec;
    await expect(store(blobs, 5, { codec })).rejects.toMatchObject({ code: "invalid-argument" });
    expect(await store(blobs, 5, { codecs })).toMatchObject({ type: "json" });
    for (const type of ["json", "tree", "Date", ""]) {
      const wrong = { ...codec, type };
      await expect(store(blobs, new Date(0), { codec: wrong })).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
  });
});
