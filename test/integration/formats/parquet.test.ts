import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  bytesReader,
  parquetChunks,
  parquetSegments,
  parquetSize,
  readParquet,
  readParquetMetadata,
} from "../../../src/formats/index.js";
import { COLUMNS, filled, group } from "../../formats/parquet/parquet-files.js";
import { all } from "../../formats/tar/archives.js";
import { collect } from "../../formats/zip/collect.js";
import { hasPython, runPython } from "../../programs/run-python.js";

describe.skipIf(!hasPython)("Parquet and pyarrow", () => {
  const folder = mkdtempSync(join(tmpdir(), "lode-parquet-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("every compression, page version and encoding of pyarrow is read", {
    timeout: 120_000,
  }, async () => {
    const listed = await runPython(
      `
import sys, datetime, numpy as np, pyarrow as pa, pyarrow.parquet as pq
n = 3000
k = range(n)
table = pa.table({
    "i8": pa.array(k, pa.int64()),
    "i4": pa.array([None if i % 7 == 0 else i for i in k], pa.int32()),
    "u4": pa.array([i + 2**31 for i in k], pa.uint32()),
    "f4": np.arange(n, dtype="f4"), "f8": np.arange(n) / 8,
    "flag": pa.array([i % 3 == 0 for i in k]),
    "text": pa.array([None if i % 5 == 0 else f"text ü {i % 50}" for i in k]),
    "bytes": pa.array([bytes([i % 256]) * (i % 9) for i in k]),
    "fixed": pa.array([bytes([i % 256]) * 4 for i in k], pa.binary(4)),
    "time": pa.array([datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=i) for i in k], pa.timestamp("us")),
    "list": pa.array([list(range(i % 4)) if i % 6 else None for i in k]),
    "struct": pa.array([{"x": i, "y": str(i)} if i % 4 else None for i in k]),
})
base = sys.argv[1] + "/"
for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
    for version in ("1.0", "2.0"):
        pq.write_table(table, f"{base}{codec}-{version}.parquet", compression=codec, data_page_version=version,
                       row_group_size=1000, data_page_size=2000, write_page_checksum=True)
encodings = {"i8": "DELTA_BINARY_PACKED", "i4": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY",
             "bytes": "DELTA_LENGTH_BYTE_ARRAY", "f4": "BYTE_STREAM_SPLIT", "f8": "BYTE_STREAM_SPLIT",
             "fixed": "DELTA_BYTE_ARRAY"}
pq.write_table(table, base + "encodings.parquet", use_dictionary=False, column_encoding=encodings)
pq.write_table(table, base + "plain.parquet", use_dictionary=False, write_statistics=False)
print(" ".join([f"{c}-{v}" for c in ("none", "snappy", "gzip", "brotli", "zstd", "lz4") for v in ("1.0", "2.0")] + ["encodings", "plain"]))
`,
      folder,
    );
    const k = Array.from({ length: 3000 }, (_, i) => i);
    const names = listed.trim().split(" ");
    expect(names.length).toBe(14);
    for (const name of names) {
      const groups = await all(
        readParquet(bytesReader(readFileSync(join(folder, `${name}.parquet`)))),
      );
      const column = (name: string) => groups.flatMap(({ columns }) => [...columns.get(name)!]);
      expect(column("i8")).toEqual(k.map(BigInt));
      expect(column("i4")).toEqual(k.map((i) => (i % 7 === 0 ? null : i)));
      expect(column("u4")).toEqual(k.map((i) => i + 2 ** 31));
      expect(column("f4")).toEqual(k);
      expect(column("f8")).toEqual(k.map((i) => i / 8));
      expect(column("flag")).toEqual(k.map((i) => i % 3 === 0));
      expect(column("text")).toEqual(k.map((i) => (i % 5 === 0 ? null : `text ü ${i % 50}`)));
      const bytes = column("bytes") as Uint8Array[];
      expect(bytes.every((b, i) => b.length === i % 9 && b.every((v) => v === i % 256))).toBe(true);
      expect((column("fixed") as Uint8Array[]).every((b, i) => b[3] === i % 256)).toBe(true);
      expect(column("time")[2999]).toEqual(new Date("2024-01-01T00:49:59Z"));
      expect(column("list").slice(2998)).toEqual([
        [0n, 1n],
        [0n, 1n, 2n],
      ]);
      expect(column("struct").slice(2998)).toEqual([
        { x: 2998n, y: "2998" },
        { x: 2999n, y: "2999" },
      ]);
    }
    const plain = readFileSync(join(folder, "plain.parquet"));
    const metadata = await readParquetMetadata(bytesReader(plain));
    expect(metadata).toMatchObject({ rows: 3000, rowGroups: [{ rows: 3000 }] });
    expect(metadata.fields[6]).toEqual({
      name: "text",
      type: "BYTE_ARRAY",
      logicalType: "STRING",
      repetition: "OPTIONAL",
    });
    expect(metadata.keyValues.has("ARROW:schema")).toBe(true);
  });

  it("pyarrow reads ours", async () => {
    for (const compression of ["none", "zstd"] as const) {
      const metadata = { key: "value ü" };
      const groups = [group(300, 1), group(0, 1), group(7, 1)];
      const path = join(folder, `ours-${compression}.parquet`);
      writeFileSync(
        path,
        await collect(parquetChunks(groups, { columns: COLUMNS, metadata, compression })),
      );
      const answer = await runPython(
        `
import sys, pyarrow.parquet as pq
f = pq.ParquetFile(sys.argv[1])
t = f.read()
n = [*range(1, 301), *range(1, 8)]
assert t["i4"].to_pylist() == [-i for i in n] and t["i8"].to_pylist() == [i << 40 for i in n]
assert t["f4"].to_pylist() == [i / 4 for i in n] and t["f8"].to_pylist() == [i / 3 for i in n]
assert t["text ü"].to_pylist() == ["𝕏" * (i % 5) + str(i) for i in n]
assert t["bytes"].to_pylist() == [bytes([i % 256]) * (0 if i % 3 == 0 else i * 97 % 70000) for i in n]
print(f.metadata.num_row_groups, f.metadata.metadata, [str(field.type) for field in f.schema_arrow], f.schema_arrow.field("i8").nullable)
`,
        path,
      );
      expect(answer).toBe(
        "2 {b'key': b'value \\xc3\\xbc'} ['int32', 'int64', 'float', 'double', 'string', 'binary'] False\n",
      );
    }
  });

  it("pyarrow reads files of every exact size", async () => {
    const columns = [
      { name: "id", type: "int64" },
      { name: "data", type: "bytes" },
    ] as const;
    const rows = new Map<string, BigInt64Array | { length: number }[]>([
      ["id", BigInt64Array.of(1n, 2n)],
      ["data", [{ length: 3 }, { length: 70_000 }]],
    ]);
    const minimum = parquetSize([rows], { columns });
    const sizes = Array.from({ length: 20 }, (_, i) => minimum + i * i * i);
    for (const size of sizes) {
      const bytes = filled(parquetSegments([rows], { columns, size }));
      writeFileSync(join(folder, `exact-${size}.parquet`), bytes);
    }
    const answer = await runPython(
      `
import os, sys, pyarrow.parquet as pq
for size in sys.argv[2:]:
    path = f"{sys.argv[1]}/exact-{size}.parquet"
    assert os.path.getsize(path) == int(size)
    t = pq.read_table(path)
    assert t["id"].to_pylist() == [1, 2] and t["data"].to_pylist() == [bytes(3), bytes(70000)]
print("read")
`,
      folder,
      ...sizes.map(String),
    );
    expect(answer).toBe("read\n");
  });
});
