import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import {
  bytesReader,
  loadZstdCompress,
  type ParquetGroup,
  type ParquetReadOptions,
  parquetChunks,
  readParquet,
  readParquetMetadata,
} from "../../../src/formats/index.js";
import { FORMATS } from "../../../src/formats/parquet/column.js";
import { CompactWriter } from "../../../src/formats/parquet/compact-writer.js";
import { FooterWriter } from "../../../src/formats/parquet/footer-writer.js";
import { REPETITION, schemaElement } from "../../../src/formats/parquet/schema-element.js";
import { all } from "../tar/archives.js";
import { collect } from "../zip/collect.js";

const ROWS = 1000;

/** A file by another writer, with nulls, dictionaries, lists and several pages and row groups. */
async function foreignFile(codec: "UNCOMPRESSED" | "SNAPPY" = "SNAPPY"): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const numbers = Array.from({ length: ROWS }, (_, i) => i);
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: "id", data: BigInt64Array.from(numbers, BigInt), type: "INT64", nullable: false },
      { name: "class", data: numbers.map((n) => `class ${n % 10}`), type: "STRING" },
      { name: "maybe", data: numbers.map((n) => (n % 3 ? n : null)), type: "INT32" },
      { name: "delta", data: Int32Array.from(numbers), encoding: "DELTA_BINARY_PACKED" },
      { name: "prefix", data: numbers.map((n) => `prefix ${n}`), encoding: "DELTA_BYTE_ARRAY" },
      { name: "score", data: Float32Array.from(numbers, (n) => n / 8), type: "FLOAT" },
      { name: "flag", data: numbers.map((n) => n % 2 === 0), type: "BOOLEAN" },
    ],
    codec,
    rowGroupSize: 400,
    pageSize: 500,
  });
  return new Uint8Array(buffer);
}

async function read(bytes: Uint8Array, options: ParquetReadOptions = {}) {
  return all(readParquet(bytesReader(bytes), options));
}

/** A file with one column of one row group, whose pages are given. */
function fileOf(
  type: "int32" | "string",
  rows: number,
  pages: Uint8Array,
  compression: "none" | "zstd" = "none",
): Uint8Array {
  const format = FORMATS[type];
  const element = schemaElement({ name: "a", repetition: REPETITION.required, format });
  const footer = new FooterWriter({ width: 1, elements: [element] }, compression);
  const bytes = { offset: 4, plainBytes: pages.length, storedBytes: pages.length };
  footer.addGroup(rows, [{ physical: format.physical, path: ["a"], values: rows, ...bytes }]);
  return Buffer.concat([Buffer.from("PAR1"), pages, footer.finish({})]);
}

/** Numbers of parquet.thrift. */
const ENCODING = { PLAIN: 0, DELTA: 5, DELTA_BYTE_ARRAY: 7, DICTIONARY: 8, SPLIT: 9 } as const;

function dataPage(encoding: number, values: number, content: Uint8Array, plain = content.length) {
  const data = new CompactWriter().int32(1, values).int32(2, encoding).int32(3, 3).int32(4, 3);
  const header = new CompactWriter()
    .int32(1, 0)
    .int32(2, plain)
    .int32(3, content.length)
    .struct(5, data);
  return Buffer.concat([header.finish(), content]);
}

function dictionaryPage(values: number, content: Uint8Array) {
  const header = new CompactWriter()
    .int32(1, 2)
    .int32(2, content.length)
    .int32(3, content.length)
    .struct(7, new CompactWriter().int32(1, values).int32(2, 0));
  return Buffer.concat([header.finish(), content]);
}

/** Numbers from `first` on, each by `step` larger, as DELTA_BINARY_PACKED has them. */
function lengths(values: number, first: number, step: number): Buffer {
  const block = Buffer.from([step * 2, 0, 0, 0, 0]);
  const blocks = Array(Math.ceil((values - 1) / 128)).fill(block);
  return Buffer.concat([Buffer.from([0x80, 1, 4, 0, first * 2]), ...blocks]);
}

describe("readParquet", () => {
  it.each(["UNCOMPRESSED", "SNAPPY"] as const)("reads what others write, %s", async (codec) => {
    const groups = await read(await foreignFile(codec));
    expect(groups.map(({ rowStart, rowCount }) => [rowStart, rowCount])).toEqual([
      [0, 400],
      [400, 400],
      [800, 200],
    ]);
    const columns = groups[2]?.columns;
    expect([...(columns?.keys() ?? [])]).toEqual([
      ...["id", "class", "maybe", "delta", "prefix", "score", "flag"],
    ]);
    expect(columns?.get("id")).toEqual(
      BigInt64Array.from({ length: 200 }, (_, i) => BigInt(800 + i)),
    );
    expect(columns?.get("class")?.[15]).toBe("class 5");
    expect(columns?.get("maybe")?.slice(0, 3)).toEqual([800, null, 802]);
    expect(columns?.get("delta")?.[7]).toBe(807);
    expect(columns?.get("prefix")?.[199]).toBe("prefix 999");
    expect(columns?.get("score")?.[1]).toBe(801 / 8);
    expect(columns?.get("flag")?.slice(0, 2)).toEqual([true, false]);
  });

  it("reads some columns and rows, and nothing of the others", async () => {
    const bytes = await foreignFile();
    let taken = 0;
    const reader = {
      size: bytes.length,
      async read(start: number, end: number) {
        taken += end - start;
        return bytes.subarray(start, end);
      },
    };
    const metadata = await readParquetMetadata(reader);
    taken = 0;
    const options = { columns: ["maybe"], rowStart: 390, rowEnd: 405, metadata };
    const groups = await all(readParquet(reader, options));
    expect(groups.map(({ rowStart, rowCount }) => [rowStart, rowCount])).toEqual([
      [390, 10],
      [400, 5],
    ]);
    expect(groups.flatMap(({ columns }) => [...(columns.get("maybe") ?? [])])).toEqual(
      Array.from({ length: 15 }, (_, i) => ((390 + i) % 3 ? 390 + i : null)),
    );
    expect(taken).toBeLessThan(bytes.length / 4);
    expect(await all(readParquet(reader, { ...options, rowStart: 400, rowEnd: 400 }))).toEqual([]);
  });

  it.each([
    { columns: ["other"] },
    { rowStart: -1 },
    { rowStart: 5, rowEnd: 4 },
    { rowEnd: ROWS + 1 },
    { rowStart: 0.5 },
  ])("refuses %j", async (options) => {
    await expect(read(await foreignFile(), options)).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("stops for a signal", async () => {
    const signal = AbortSignal.abort();
    await expect(read(await foreignFile(), { signal })).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("a hostile Parquet file", () => {
  const hostile = (options: ParquetReadOptions, bytes: Uint8Array) =>
    expect(read(bytes, options)).rejects.toMatchObject({ code: "corrupt-format" });

  it("is refused wherever it ends", async () => {
    const whole = await foreignFile();
    for (let end = 0; end < whole.length; end += 101) await hostile({}, whole.subarray(0, end));
  });

  it("may not have a footer beyond the file or the limit", async () => {
    const bytes = Buffer.from(await foreignFile());
    const { file } = await readParquetMetadata(bytesReader(bytes));
    const maxFooterBytes = file.metadata_length - 1;
    await expect(readParquetMetadata(bytesReader(bytes), { maxFooterBytes })).rejects.toMatchObject(
      { code: "corrupt-format" },
    );
    for (const length of [bytes.length, bytes.length - 11, 2 ** 32 - 1, 0, 1]) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt32LE(length, damaged.length - 8);
      await hostile({}, damaged);
    }
    const encrypted = Buffer.from(bytes);
    encrypted.write("PARE", encrypted.length - 4);
    await expect(read(encrypted)).rejects.toMatchObject({ code: "unsupported" });
  });

  it.each([
    ["a list longer than the footer", "15 00 19 fc ff ff ff 7f"],
    ["structs without end", "1c ".repeat(100_000)],
    ["lists in lists", "19 19 ".repeat(5000)],
    ["a number without end", `16 ${"80 ".repeat(100_000)}`],
    ["a text longer than the footer", "18 ff ff ff ff 07"],
    ["an unknown type", "1f"],
    ["nothing", ""],
    ["no fields", "00"],
  ])("may not have %s", async (_, hex) => {
    const footer = Buffer.from(hex.replaceAll(" ", ""), "hex");
    const end = Buffer.from("....PAR1");
    end.writeUInt32LE(footer.length);
    await hostile({}, Buffer.concat([Buffer.from("PAR1"), footer, end]));
  });

  const runs = Buffer.from([1, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0]);
  const dictionary = dictionaryPage(1, Buffer.from([1, 0, 0, 0]));
  it.each([
    [
      "a run of more values than there are",
      2,
      Buffer.concat([dictionary, dataPage(ENCODING.DICTIONARY, 2, runs)]),
    ],
    [
      "an index beyond the dictionary",
      1,
      Buffer.concat([dictionary, dataPage(ENCODING.DICTIONARY, 1, Buffer.from([2, 2, 3]))]),
    ],
    ["no dictionary", 1, dataPage(ENCODING.DICTIONARY, 1, Buffer.from([1, 2, 0]))],
    [
      "two dictionaries",
      1,
      Buffer.concat([
        dictionary,
        dictionary,
        dataPage(ENCODING.DICTIONARY, 1, Buffer.from([1, 2, 0])),
      ]),
    ],
    ["a dictionary of more values than bytes", 1, dictionaryPage(2 ** 30, Buffer.alloc(4))],
    ["fewer values than rows", 5, dataPage(ENCODING.PLAIN, 4, Buffer.alloc(16))],
    ["more values than rows", 3, dataPage(ENCODING.PLAIN, 4, Buffer.alloc(16))],
    ["a page that is too short", 4, dataPage(ENCODING.PLAIN, 4, Buffer.alloc(15))],
    ["a page that is not there", 4, Buffer.alloc(0)],
    [
      "miniblocks without number",
      300,
      dataPage(ENCODING.DELTA, 300, Buffer.from("8001ffffffff07ac0200", "hex")),
    ],
    ["a split page that is too short", 4, dataPage(ENCODING.SPLIT, 4, Buffer.alloc(15))],
    ["an unknown encoding", 4, dataPage(77, 4, Buffer.alloc(16))],
    ["two lengths of a page", 4, dataPage(ENCODING.PLAIN, 4, Buffer.alloc(16), 17)],
  ])("may not have %s", async (_, rows, pages) => {
    await hostile({}, fileOf("int32", rows, pages));
  });

  it("may not have more values or bytes than the limits", async () => {
    await hostile({}, fileOf("int32", 2 ** 26, dataPage(ENCODING.PLAIN, 4, Buffer.alloc(16))));
    const bytes = fileOf("int32", 4, dataPage(ENCODING.PLAIN, 4, Buffer.alloc(16)));
    expect((await read(bytes))[0]?.columns.get("a")).toEqual(new Int32Array(4));
    await hostile({ maxGroupValues: 3 }, bytes);
    await hostile({ maxGroupBytes: 15 }, bytes);
  });

  it("may not unpack a few bytes to many", async () => {
    const compress = await loadZstdCompress();
    const packed = compress(new Uint8Array(64 * 1024 ** 2), 3);
    const bomb = fileOf("int32", 4, dataPage(ENCODING.PLAIN, 4, packed, 16), "zstd");
    await expect(read(bomb)).rejects.toMatchObject({
      code: "corrupt-format",
      message: expect.stringContaining("does not decompress to the 16 bytes"),
    });
    const values = 2 ** 16;
    const content = Buffer.concat([
      lengths(values, 0, 1),
      lengths(values, 1, 0),
      Buffer.alloc(values, "x"),
    ]);
    const growing = fileOf("string", values, dataPage(ENCODING.DELTA_BYTE_ARRAY, values, content));
    await expect(read(growing)).rejects.toMatchObject({
      code: "corrupt-format",
      message: expect.stringContaining("would take 2147516416 bytes"),
    });
  });

  it("may not have a text that is no UTF-8", async () => {
    const content = Buffer.from([2, 0, 0, 0, 0xff, 0xfe]);
    await hostile({}, fileOf("string", 1, dataPage(ENCODING.PLAIN, 1, content)));
    const length = Buffer.from([200, 0, 0, 0, 0x61]);
    await hostile({}, fileOf("string", 1, dataPage(ENCODING.PLAIN, 1, length)));
  });

  it("shows a wrong checksum of a page", async () => {
    const content = Buffer.alloc(16);
    const data = new CompactWriter().int32(1, 4).int32(2, 0).int32(3, 3).int32(4, 3);
    const header = new CompactWriter().int32(1, 0).int32(2, 16).int32(3, 16).int32(4, 5);
    const page = Buffer.concat([header.struct(5, data).finish(), content]);
    await expect(read(fileOf("int32", 4, page))).rejects.toMatchObject({ code: "integrity" });
  });

  it("cannot reach a prototype", async () => {
    const columns = [{ name: "__proto__", type: "int32" as const }];
    const group: ParquetGroup = new Map([["__proto__", Int32Array.of(1)]]);
    const bytes = await collect(parquetChunks([group], { columns }));
    await expect(read(bytes)).rejects.toMatchObject({ code: "unsupported" });
  });

  it("may not leave out what a column is called", async () => {
    const bytes = Buffer.from(await foreignFile());
    const descriptionOf = (name: string, type: number, encoding: number) =>
      bytes.lastIndexOf(
        Buffer.from([28, 21, type, 25, 21, encoding, 25, 24, name.length, ...Buffer.from(name)]),
      );
    const prefix = descriptionOf("prefix", 12, 14);
    const flag = descriptionOf("flag", 0, 6);
    expect(Math.min(prefix, flag)).toBeGreaterThan(5);
    // The end of what stands before becomes another field, and a number swallows a begin: then a
    // column is described without its name.
    bytes[prefix - 5] = 129;
    bytes[flag - 1] = 128;
    await expect(read(bytes)).rejects.toMatchObject({ code: "corrupt-format" });
  });

  it("ends in a LodeError, whatever the damage", { timeout: 60_000 }, async () => {
    const files = [await foreignFile(), await foreignFile("UNCOMPRESSED")];
    const footerBytes = 2000;
    const place = (length: number) =>
      fc.oneof(
        fc.nat(length - 1),
        fc.nat(footerBytes).map((n) => Math.max(0, length - 1 - n)),
      );
    const damaged = fc.constantFrom(...files).chain((file) =>
      fc
        .array(fc.tuple(place(file.length), fc.nat(255)), { minLength: 1, maxLength: 4 })
        .map((changes) => {
          const bytes = file.slice();
          for (const [at, byte] of changes) bytes[at] = byte;
          return bytes;
        }),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        try {
          await read(bytes);
        } catch (error) {
          if (!isLodeError(error, "corrupt-format", "unsupported", "integrity")) throw error;
        }
      }),
      { numRuns: 400 },
    );
  });
});
