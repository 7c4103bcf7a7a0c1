import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesReader,
  type ParquetColumn,
  type ParquetGroup,
  parquetChunks,
  parquetSegments,
  parquetSize,
  readParquet,
  readParquetMetadata,
} from "../../../src/formats/index.js";
import { all } from "../tar/archives.js";
import { collect } from "../zip/collect.js";
import { COLUMNS, filled, group, merged } from "./parquet-files.js";

/** Two columns as generators write them: a number and bytes of a length. */
const PAIR: readonly ParquetColumn[] = [
  { name: "id", type: "int64" },
  { name: "data", type: "bytes" },
];

function pair(lengths: readonly number[]) {
  return new Map<string, BigInt64Array | { length: number }[]>([
    ["id", BigInt64Array.from(lengths, (_, i) => BigInt(i))],
    ["data", lengths.map((length) => ({ length }))],
  ]);
}

function changed(name: string, values: unknown): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([...pair([1]), [name, values]]);
}

describe("parquetChunks", () => {
  it.each(["none", "zstd"] as const)("keeps all values, compression %s", async (compression) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(60), { maxLength: 4 }), async (sizes) => {
        const groups = sizes.map((rows, i) => group(rows, i + 1));
        const metadata = { key: "value ü", empty: "" };
        const bytes = await collect(
          parquetChunks(groups, { columns: COLUMNS, metadata, compression }),
        );
        if (compression === "none") {
          expect(parquetSize(groups, { columns: COLUMNS, metadata })).toBe(bytes.length);
        }
        const reader = bytesReader(bytes);
        const told = await readParquetMetadata(reader);
        expect(Object.fromEntries(told.keyValues)).toEqual(metadata);
        expect(told.rows).toBe(sizes.reduce((a, b) => a + b, 0));
        const read = await all(readParquet(reader));
        expect(read.map(({ rowCount }) => rowCount)).toEqual(sizes.filter((n) => n > 0));
        const written = groups.filter((_, i) => sizes[i] !== 0);
        expect(merged(read.map(({ columns }) => columns))).toEqual(merged(written));
      }),
      { numRuns: 20 },
    );
  });

  it("writes typed arrays that are read as such, over several pages", async () => {
    const values = BigInt64Array.from({ length: 400_000 }, (_, i) => BigInt(i));
    const columns: ParquetColumn[] = [{ name: "id", type: "int64" }];
    const bytes = await collect(parquetChunks([new Map([["id", values]])], { columns }));
    const [rows] = await all(readParquet(bytesReader(bytes)));
    expect(rows?.columns.get("id")).toEqual(values);
  });

  it("makes the same bytes of the same groups, however they come", async () => {
    const groups = [group(50, 3), group(20, 7)];
    async function* streamed() {
      yield* groups;
    }
    const once = await collect(parquetChunks(groups, { columns: COLUMNS }));
    expect(await collect(parquetChunks(streamed(), { columns: COLUMNS }))).toEqual(once);
    expect(Buffer.from(filled(parquetSegments(groups, { columns: COLUMNS })))).toEqual(once);
  });

  it("passes large values on without a copy", async () => {
    const large = new Uint8Array(300_000).fill(1);
    const columns: ParquetColumn[] = [{ name: "b", type: "bytes" }];
    const chunks = await all(parquetChunks([new Map([["b", [large, large]]])], { columns }));
    expect(chunks.filter((chunk) => chunk === large).length).toBe(2);
  });

  const wrong: [string, readonly ParquetColumn[], ReadonlyMap<string, unknown>][] = [
    ["no columns", [], new Map()],
    ["a name twice", [...PAIR, ...PAIR], pair([1])],
    ["an empty name", [{ name: "", type: "int32" }], new Map([["", new Int32Array(1)]])],
    ["an unknown type", [{ name: "a", type: "int8" as "int32" }], new Map([["a", []]])],
    ["a column left out", PAIR, new Map([["id", new BigInt64Array(1)]])],
    ["another column", PAIR, changed("x", new Int32Array(1))],
    ["another number of rows", PAIR, changed("data", [])],
    ["an array of another type", PAIR, changed("id", new Int32Array(1))],
    ["a text for bytes", PAIR, changed("data", ["text"])],
    ["nothing for bytes", PAIR, changed("data", [undefined])],
    ["only a length", PAIR, pair([5])],
    ["more than a page may have", PAIR, pair([2 ** 31])],
    ["a broken text", [{ name: "s", type: "string" }], new Map([["s", ["\ud800"]]])],
    ["a number for a text", [{ name: "s", type: "string" }], new Map([["s", [1]]])],
  ];
  it.each(wrong)("refuses %s", async (_, columns, values) => {
    const chunks = parquetChunks([values as ParquetGroup], { columns });
    await expect(collect(chunks)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("refuses an unknown compression and broken metadata", async () => {
    const compression = "gzip" as "zstd";
    const chunks = parquetChunks([], { columns: PAIR, compression });
    await expect(collect(chunks)).rejects.toMatchObject({ code: "invalid-argument" });
    const broken = parquetChunks([], { columns: PAIR, metadata: { a: "\udc00" } });
    await expect(collect(broken)).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

describe("the exact size of a Parquet file", () => {
  it("is any from the minimum up", async () => {
    const groups = [pair([10, 0, 300]), pair([5])];
    const minimum = parquetSize(groups, { columns: PAIR });
    for (let size = minimum; size < minimum + 300; size++) {
      const options = { columns: PAIR, metadata: { a: "b" }, size: size + 20 };
      const bytes = filled(parquetSegments(groups, options));
      expect(bytes.length).toBe(size + 20);
      expect(parquetSize(groups, options)).toBe(size + 20);
      if (size % 50 !== 0) continue;
      const rows = await all(readParquet(bytesReader(bytes)));
      expect(rows.map(({ rowCount }) => rowCount)).toEqual([3, 1]);
    }
    const padded = filled(parquetSegments(groups, { columns: PAIR, size: 3_000_000 }));
    expect(padded.length).toBe(3_000_000);
    expect((await readParquetMetadata(bytesReader(padded))).rows).toBe(4);
  });

  it.each([0, 1, 1.5, Number.NaN])("cannot be %d: the minimum is told", (less) => {
    const groups = [pair([100])];
    const minimum = parquetSize(groups, { columns: PAIR });
    const size = less === 1 ? minimum - 1 : less;
    expect(() => parquetSize(groups, { columns: PAIR, size })).toThrow(
      expect.objectContaining({ code: "invalid-argument", details: { minimum } }),
    );
  });

  it("is told without the values, also beyond 4 GiB", () => {
    const row = pair([2 ** 30]);
    const one = parquetSize([row], { columns: PAIR });
    const six = parquetSize(Array(6).fill(row), { columns: PAIR });
    expect(six).toBeGreaterThan(6 * 2 ** 30);
    expect(six).toBeLessThan(6 * one);
    let content = 0;
    for (const segment of parquetSegments(Array(6).fill(row), { columns: PAIR })) {
      if (!(segment instanceof Uint8Array)) content += segment.length;
    }
    expect(content).toBe(6 * 2 ** 30);
  });
});
