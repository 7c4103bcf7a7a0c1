import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { tableDigest } from "../../../src/cas/digests/index.js";
import { bytesReader, parquetTable, tableRecords } from "../../../src/formats/index.js";
import { hasPython, runPython } from "../../programs/run-python.js";

/** The program that the page publishes. */
const PROGRAM = /```python\n([\s\S]*?)```/.exec(
  readFileSync("docs/formats/digests.md", "utf8"),
)?.[1];

const TABLES = `
import sys, datetime, decimal, pyarrow.parquet as pq
n = 2500
k = range(n)
D = decimal.Decimal
def some(f, step=7): return [None if i % step == 0 else f(i) for i in k]
tables = {
  "numbers": pa.table({
    **{str(t): pa.array(some(lambda i: (i * 7919 + 3) % 128), t) for t in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())},
    "u32high": pa.array([2**32 - 1 - i for i in k], pa.uint32()), "u64high": pa.array(some(lambda i: 2**64 - 1 - i), pa.uint64()),
    "u64all": pa.array([2**64 - 1 - i for i in k], pa.uint64()), "i8neg": pa.array([-(i % 128) for i in k], pa.int8()),
    "f4": pa.array([float("nan") if i % 11 == 0 else -0.0 if i % 5 == 0 else i / 3 for i in k], pa.float32()), "f8": pa.array(some(lambda i: float("nan") if i % 11 == 1 else i / 7), pa.float64()),
    "f2": pa.array([None if v is None else np.float16(v) for v in some(lambda i: float("nan") if i % 11 == 1 else -0.0 if i % 5 == 0 else i * 40 / 3 - 9000)], pa.float16()),
    "flag": pa.array(some(lambda i: i % 3 == 0)), "flags": pa.array([i % 3 == 0 for i in k]) }),
  "text": pa.table({
    "s": pa.array(some(lambda i: f"é {i % 40} 😀")), "large": pa.array([str(i) * (i % 3) for i in k], pa.large_string()),
    "dict": pa.array(some(lambda i: f"v{i % 9}")).dictionary_encode(), "bytes": pa.array(some(lambda i: bytes([i % 256]) * (i % 4))),
    "fixed": pa.array([bytes([i % 256]) * 3 for i in k], pa.binary(3)) }),
  "times": pa.table({
    **{f"t{u}": pa.array(some(lambda i: i * 1000003 - 10**6), pa.timestamp(u)) for u in ("ms", "us", "ns")},
    **{f"z{u}": pa.array([i * 1000003 for i in k], pa.timestamp(u, tz="UTC")) for u in ("ms", "us", "ns")},
    **{f"b{u}": pa.array(some(lambda i: i * 1000003), pa.timestamp(u, tz="Europe/Berlin")) for u in ("s", "ms", "us", "ns")},
    **{f"span{u}": pa.array(some(lambda i: 5000 - i * 1000003), pa.duration(u)) for u in ("s", "ms", "us", "ns")},
    "far": pa.array([10**15 + i for i in k], pa.timestamp("ms")),
    "day": pa.array(some(lambda i: i - 1000), pa.int32()).cast(pa.date32()), "days": pa.array(k, pa.int32()).cast(pa.date32()),
    "ms": pa.array(some(lambda i: i * 1000), pa.int32()).cast(pa.time32("ms")), "us": pa.array(some(lambda i: i * 1000), pa.int64()).cast(pa.time64("us")), "ns": pa.array(k, pa.int64()).cast(pa.time64("ns")),
    "d9": pa.array(some(lambda i: D(i - 900).scaleb(-2)), pa.decimal128(9, 2)), "d18": pa.array([D(i * 10**9 - 5).scaleb(-4) for i in k], pa.decimal128(18, 4)), "d38": pa.array(some(lambda i: -D(i * 10**20).scaleb(-7)), pa.decimal128(38, 7)) }),
  "nested": pa.table({
    "list": pa.array([None if i % 7 == 0 else [] if i % 5 == 0 else [None if j % 4 == 0 else j for j in range(i % 6)] for i in k], pa.list_(pa.int32())),
    "required": pa.array([[j for j in range(i % 6)] for i in k], pa.list_(pa.field("x", pa.int64(), nullable=False))),
    "lists": pa.array([None if i % 9 == 0 else [None if j % 3 == 0 else [None if m % 2 == 0 else f"{m}" for m in range(j)] for j in range(i % 5)] for i in k], pa.list_(pa.list_(pa.string()))),
    "struct": pa.array([None if i % 7 == 0 else {"x": None if i % 3 == 0 else i, "y": None if i % 4 == 0 else [i, None], "z": None if i % 5 == 0 else {"w": None if i % 2 else i / 8}} for i in k],
        pa.struct([("x", pa.int64()), ("y", pa.list_(pa.int16())), ("z", pa.struct([("w", pa.float64())]))])),
    "structs": pa.array([None if i % 8 == 0 else [None if j == 1 else {"a": None if j == 2 else str(j), "t": datetime.datetime(2024, 1, 1, 0, 0, j, 5)} for j in range(i % 5)] for i in k],
        pa.list_(pa.struct([("a", pa.string()), ("t", pa.timestamp("us"))]))),
    "spans": pa.array([None if i % 7 == 0 else [{"d": None if j == 2 else datetime.timedelta(seconds=i + j), "z": datetime.datetime(2024, 1, 1, j, tzinfo=datetime.timezone.utc)} for j in range(i % 4)] for i in k],
        pa.list_(pa.struct([("d", pa.duration("ms")), ("z", pa.timestamp("us", tz="Asia/Tokyo"))]))),
    "halves": pa.array([[np.float16(j / 3) for j in range(i % 4)] for i in k], pa.list_(pa.float16())),
    "vector": pa.array([[i / 2, i / 4] for i in k], pa.list_(pa.float32(), 2)) }),
  "nulls": pa.table({
    "i": pa.array([None] * n, pa.int64()), "s": pa.array([None] * n, pa.string()), "d": pa.array([None] * n, pa.decimal128(30, 2)),
    "l": pa.array([[None, None]] * n, pa.list_(pa.int64())), "none": pa.array([None] * n, pa.list_(pa.string())), "flag": pa.array([None] * n, pa.bool_()),
    "o": pa.array([None] * n, pa.struct([("x", pa.int8())])), "late": pa.array([i if i < 900 else None for i in k]), "text": pa.array([str(i % 5) if i >= 2000 else None for i in k]) }),
  "empty": pa.table({"a": pa.array([], pa.float64()), "s": pa.array([], pa.string()), "l": pa.array([], pa.list_(pa.int8()))}),
}
tables["nested"] = tables["nested"].set_column(7, "vector", tables["nested"]["vector"].cast(pa.list_(pa.float32())))
for name, table in tables.items():
    base = f"{sys.argv[1]}/{name}"
    pq.write_table(table, base + "-1.parquet", row_group_size=1000, compression="snappy")
    pq.write_table(table, base + "-2.parquet", use_dictionary=False, data_page_version="2.0", compression="none", data_page_size=500, version="2.6")
    print(name, table_digest(table))
int96 = pa.table({"t": pa.array(some(lambda i: i * 1000003 - 10**6), pa.timestamp("ns"))})
pq.write_table(int96, f"{sys.argv[1]}/int96-1.parquet", use_deprecated_int96_timestamps=True)
pq.write_table(int96, f"{sys.argv[1]}/int96-2.parquet", use_deprecated_int96_timestamps=True, use_dictionary=False)
print("int96", table_digest(int96))
halves = tables["numbers"].select(["f2"])
pq.write_table(halves, f"{sys.argv[1]}/halves-1.parquet", use_dictionary=False, use_byte_stream_split=True)
pq.write_table(halves, f"{sys.argv[1]}/halves-2.parquet", use_dictionary=False, column_encoding={"f2": "DELTA_BYTE_ARRAY"})
print("halves", table_digest(halves))
`;

describe.skipIf(!hasPython)("table-v1 and pyarrow", () => {
  const folder = mkdtempSync(join(tmpdir(), "lode-digests-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("a program of its own gives the same digests, whatever file the tables are read from", async () => {
    const printed = await runPython(`${PROGRAM}\n${TABLES}`, folder);
    const digests = printed
      .trim()
      .split("\n")
      .map((line) => line.split(" ") as [string, string]);
    expect(digests.length).toBe(8);
    for (const [name, digest] of digests) {
      for (const file of [1, 2]) {
        const bytes = readFileSync(join(folder, `${name}-${file}.parquet`));
        expect(await tableDigest(await parquetTable(bytesReader(bytes))), `${name}-${file}`).toBe(
          digest,
        );
      }
    }
  });

  it("types that tables do not have are refused, and zones come from Arrow's schema", async () => {
    await runPython(
      `
import sys, pyarrow as pa, pyarrow.parquet as pq
for name, type, value in (("map", pa.map_(pa.string(), pa.int8()), [("a", 1)]), ("big", pa.decimal256(50, 2), None),
                          ("zone", pa.timestamp("us", tz="Europe/Berlin"), 5), ("nothing", pa.null(), None)):
    pq.write_table(pa.table({"a": pa.array([value], type)}), f"{sys.argv[1]}/{name}.parquet")
    pq.write_table(pa.table({"a": pa.array([value], type)}), f"{sys.argv[1]}/{name}-alone.parquet", store_schema=False)
`,
      folder,
    );
    const open = (name: string) =>
      parquetTable(bytesReader(readFileSync(join(folder, `${name}.parquet`))));
    for (const name of ["map", "big"]) {
      await expect(open(name), name).rejects.toMatchObject({ code: "unsupported" });
    }
    for (const [name, zone] of [
      ["zone", "Europe/Berlin"],
      ["zone-alone", "UTC"],
    ] as const) {
      const [zoned] = (await open(name)).schema.fields;
      expect(zoned?.type, name).toEqual({ kind: "timestamp", unit: "us", zone });
    }
    const nothing = await open("nothing");
    expect(await tableRecords(nothing)).toEqual([{ a: null }]);
  });
});
