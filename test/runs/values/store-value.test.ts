import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tableFromArrays } from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BlobStore, PutProgress } from "../../../src/cas/index.js";
import { type Table, type TableBatch, tableParquetChunks } from "../../../src/formats/index.js";
import { type Tree, treeOf } from "../../../src/runs/trees/index.js";
import {
  fileOf,
  parquetFile,
  type StoredValue,
  type StoreValueOptions,
  tableOf,
} from "../../../src/runs/values/index.js";
import { diskBlobs, memoryBlobs, objectsOf } from "../blob-places.js";
import { contentOf, fill, newFolder } from "../trees/folders.js";
import { load, RECORDS, rows, store } from "./stored-values.js";

async function parquetBytes(table: Table): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of tableParquetChunks(table)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** What the kinds are, and what they come back as where that is not what they were. */
const VALUES: [string, unknown, Partial<StoredValue>, unknown?][] = [
  ["bytes", Uint8Array.of(1, 2, 3), { type: "bytes", format: "bin" }],
  ["a Buffer", Buffer.from("abc"), { type: "bytes" }, Uint8Array.from(Buffer.from("abc"))],
  ["an ArrayBuffer", Uint8Array.of(7).buffer, { type: "bytes" }, Uint8Array.of(7)],
  ["no bytes", new Uint8Array(0), { type: "bytes" }],
  ["text", "\ufeffzwölf €\u{1f600}\0", { type: "text", format: "txt" }],
  ["no text", "", { type: "text" }],
  ["a number", 5, { type: "json", format: "json" }],
  ["null", null, { type: "json" }],
  ["records", RECORDS, { type: "json", format: "json" }],
  ["an object", { b: [1, { "": {} }], a: "\u{1f600}" }, { type: "json" }],
  [
    "a typed array",
    Float32Array.of(1.5, -0, Number.NaN),
    { type: "array", format: "npy", shape: [3], dtype: "float32" },
    { dtype: "f4", shape: [3], fortranOrder: false, data: Float32Array.of(1.5, -0, Number.NaN) },
  ],
  [
    "an array of two axes",
    { dtype: "i8", shape: [1, 2], data: BigInt64Array.of(-1n, 2n ** 62n) },
    { type: "array", shape: [1, 2], dtype: "int64" },
    { dtype: "i8", shape: [1, 2], fortranOrder: false, data: BigInt64Array.of(-1n, 2n ** 62n) },
  ],
  [
    "an array in Fortran order",
    { dtype: "u1", shape: [2, 3], fortranOrder: true, data: Uint8Array.of(1, 4, 2, 5, 3, 6) },
    { shape: [2, 3] },
    { dtype: "u1", shape: [2, 3], fortranOrder: false, data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
  ],
  [
    "a single complex number",
    { dtype: "c16", shape: [], data: Float64Array.of(1, 2) },
    { shape: [], dtype: "complex128" },
    { dtype: "c16", shape: [], fortranOrder: false, data: Float64Array.of(1, 2) },
  ],
];

describe.each([
  ["memory", memoryBlobs],
  ["disk", diskBlobs],
])("storeValue in %s", (_, open) => {
  it.each(VALUES)("keeps %s", async (_, value, facts, expected = value) => {
    const blobs = await open();
    const stored = await store(blobs, value);
    expect(stored).toMatchObject({ existed: false, ...facts });
    expect(await load(blobs, stored)).toEqual(expected);
    expect(await store(blobs, value)).toMatchObject({
      id: stored.id,
      existed: true,
      storedBytes: 0,
    });
  });

  it.each<[string, unknown, Partial<StoreValueOptions>]>([
    ["tableOf records", tableOf(RECORDS), {}],
    ["records by format", RECORDS, { format: "parquet" }],
    ["columns", { a: Float64Array.of(1, 2.5), b: ["x", ""], c: [null, true] }, {}],
    [
      "an Arrow table",
      tableFromArrays({ a: Float64Array.of(1, 2.5), b: ["x", ""], c: [null, true] }),
      {},
    ],
  ])("keeps the table of %s", async (_, data, options) => {
    const blobs = await open();
    const stored = await store(blobs, data, options);
    expect(stored).toMatchObject({
      type: "table",
      format: "parquet",
      shape: [2, 3],
      columns: ["a", "b", "c"],
      dtype: { a: "float64", b: "string", c: "bool" },
    });
    expect(stored.digest).toBe((await store(blobs, tableOf(RECORDS))).digest);
    expect(await rows(await load(blobs, stored))).toEqual(RECORDS);
  });
});

describe("storeValue", () => {
  it.each([
    ["what is new", "storedBytes", async () => [] as const],
    ["what is there", "reusedBytes", async (blobs: BlobStore) => [await store(blobs, RECORDS)]],
  ] as const)("reports all bytes of %s once", async (_, where, before) => {
    const blobs = await memoryBlobs();
    await before(blobs);
    const told: PutProgress[] = [];
    const { size } = await store(blobs, RECORDS, { onProgress: (one) => told.push({ ...one }) });
    expect(told).toEqual([{ storedBytes: 0, reusedBytes: 0, bytes: size, [where]: size }]);
  });

  it("gives any plain value back", async () => {
    const blobs = await memoryBlobs();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
        const stored = await store(blobs, value);
        expect(await load(blobs, stored)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 30 },
    );
  });

  it("gives any text back, and any array in either order", async () => {
    const blobs = await memoryBlobs();
    const shapes = fc.array(fc.nat(4), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), shapes, async (text, shape) => {
        expect(await load(blobs, await store(blobs, text))).toBe(text);
        const count = shape.reduce((product, n) => product * n, 1);
        const data = Int32Array.from({ length: count }, (_, at) => at);
        const c = await store(blobs, { dtype: "i4", shape, data });
        expect(await load(blobs, c)).toMatchObject({ shape, data });
        // The transposed memory with the axes reversed, twice.
        const once = { dtype: "i4", shape: [...shape].reverse(), data, fortranOrder: true };
        const turned = (await load(blobs, await store(blobs, once))) as { data: Int32Array };
        const twice = { dtype: "i4", shape, data: turned.data, fortranOrder: true };
        expect(await load(blobs, await store(blobs, twice))).toMatchObject({ shape, data });
        const same = { ...once, shape: [...shape].reverse() };
        expect((await store(blobs, same)).existed).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("keeps apart what is not equal, though bytes may be", async () => {
    const blobs = await memoryBlobs();
    const zeros = { dtype: "f4", shape: [4], data: new Float32Array(4) };
    const values: [unknown, Partial<StoreValueOptions>?][] = [
      [5],
      ["5"],
      [Buffer.from("5")],
      [[]],
      [{}],
      ["[]"],
      [null],
      ["null"],
      [{ 1: "a" }],
      [[["1", "a"]]],
      [[1, 2]],
      [Float64Array.of(1, 2)],
      [Float32Array.of(1, 2)],
      [Int32Array.of(1, 2)],
      [BigInt64Array.of(1n, 2n)],
      [{ dtype: "i4", shape: [2, 1], data: Int32Array.of(1, 2) }],
      [{ dtype: "b1", shape: [2], data: Uint8Array.of(0, 1) }],
      [{ dtype: "u1", shape: [2], data: Uint8Array.of(0, 1) }],
      [zeros],
      [{ dtype: "f8", shape: [2], data: new Float64Array(2) }],
      [new Float32Array(0)],
      [new Uint8Array(0)],
      [tableOf([])],
      [tableOf([{ a: 1 }])],
      [tableOf([{ b: 1 }])],
      [tableOf([{ a: "1" }])],
      [tableOf([{ a: 1n }])],
      [[{ a: 1 }]],
      [{ a: Int32Array.of(1) }],
      [{ a: [1] }],
    ];
    const stored: StoredValue[] = [];
    for (const [value, options] of values) stored.push(await store(blobs, value, options));
    expect(new Set(stored.map(({ digest }) => digest)).size).toBe(values.length);
    for (const [index, one] of stored.entries()) {
      const loaded = await load(blobs, one);
      const again = await store(blobs, loaded);
      // What comes back is what was put in, and is known to be.
      expect([index, again.digest, again.type]).toEqual([index, one.digest, one.type]);
    }
  });

  it("gives text and number of the same bytes each its own", async () => {
    const blobs = await memoryBlobs();
    const text = await store(blobs, "5");
    const number = await store(blobs, 5);
    expect(number).toMatchObject({ id: text.id, key: text.key, format: "json", type: "json" });
    expect(await load(blobs, text)).toBe("5");
    expect(await load(blobs, number)).toBe(5);
  });

  it("does not encode a value that the store knows by its digest", async () => {
    const blobs = await memoryBlobs();
    const first = await store(blobs, tableOf(RECORDS));
    const objects = await objectsOf(blobs);
    const { schema, batches } = tableOf(RECORDS);
    let passes = 0;
    const counted = {
      schema,
      batches: {
        [Symbol.iterator]() {
          passes++;
          return (batches as Iterable<TableBatch>)[Symbol.iterator]();
        },
      },
    };
    const again = await store(blobs, counted, { name: "other" });
    expect(again).toMatchObject({ id: first.id, existed: true, shape: [2, 3] });
    // To see that it is no generator, and for the digest.
    expect(passes).toBe(2);
    expect(await objectsOf(blobs)).toEqual(objects);
  });

  it("stores the bytes of a Parquet file as they are, known as a table", async () => {
    const blobs = await memoryBlobs();
    const bytes = await parquetBytes(tableOf(RECORDS));
    const other = Buffer.concat([bytes.subarray(0, 4), bytes.subarray(4)]);
    const path = join(await newFolder(), "t.parquet");
    await writeFile(path, other);
    const stored = await store(blobs, parquetFile(path));
    expect(stored).toMatchObject({ type: "table", format: "parquet", shape: [2, 3] });
    expect(Buffer.from(await blobs.bytes(stored.id)).equals(bytes)).toBe(true);
    expect(await store(blobs, tableOf(RECORDS))).toMatchObject({ id: stored.id, existed: true });
    expect(await store(blobs, parquetFile(bytes))).toMatchObject({ id: stored.id, existed: true });
    expect(await store(blobs, bytes, { format: "parquet" })).toMatchObject({ type: "table" });
    expect(await rows(await load(blobs, stored))).toEqual(RECORDS);
    await expect(store(blobs, parquetFile(Buffer.from("none")))).rejects.toMatchObject({
      code: "corrupt-format",
    });
  });

  it("stores files and folders by path, and a string as text", async () => {
    const blobs = await memoryBlobs();
    const folder = await newFolder();
    await fill(folder, { "in/a.CSV": "x,y", "in/noending": "1" });
    const path = join(folder, "in/a.CSV");
    const file = await store(blobs, fileOf(path));
    expect(file).toMatchObject({
      type: "file",
      format: "csv",
      key: expect.stringMatching(/data\.csv$/),
    });
    expect(await load(blobs, file)).toEqual(Uint8Array.from(Buffer.from("x,y")));
    expect(await store(blobs, fileOf(join(folder, "in/noending")))).toMatchObject({
      format: "bin",
    });
    await expect(store(blobs, fileOf(join(folder, "in")))).rejects.toMatchObject({
      code: "invalid-argument",
    });
    expect(await load(blobs, await store(blobs, path))).toBe(path);

    const tree = await store(blobs, treeOf(join(folder, "in")));
    expect(tree).toMatchObject({ type: "tree", format: "tree" });
    const target = await newFolder();
    await ((await load(blobs, tree)) as Tree).restore(target);
    expect(await contentOf(target)).toEqual({ "a.CSV": "x,y", noending: "1" });
  });

  it("keeps the caller's metadata and the facts beside the bytes", async () => {
    const blobs = await memoryBlobs();
    const { id, digest } = await store(blobs, Int8Array.of(1), {
      name: "labels",
      metadata: { by: "me" },
    });
    expect(await blobs.metadata(id)).toMatchObject({
      name: "labels",
      type: "array",
      shape: [1],
      dtype: "int8",
      digest,
      metadata: { by: "me" },
    });
  });
});
