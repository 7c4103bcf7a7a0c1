import { describe, expect, it } from "vitest";
import {
  arrayDigest,
  bytesDigest,
  jsonDigest,
  tableDigest,
  textDigest,
} from "../../../src/cas/digests/index.js";
import {
  type ColumnType,
  columnsTable,
  recordsTable,
  type Table,
  type TableRecord,
} from "../../../src/formats/index.js";

/** One column `a` of a type. */
function column(type: ColumnType, values: readonly unknown[], name = "a"): Table {
  const schema = { fields: [{ name, type, nullable: true }] };
  return recordsTable(
    values.map((value) => ({ [name]: value })),
    { schema },
  );
}

const int = (bits: 8 | 16 | 32 | 64, signed = true): ColumnType => ({ kind: "int", bits, signed });
const f64: ColumnType = { kind: "float", bits: 64 };
const at = (unit: "s" | "ms" | "us" | "ns", zone?: string): ColumnType => ({
  kind: "timestamp",
  unit,
  zone,
});

/** Groups of values that mltrack takes for equal, or that other hashes do: each has to have a digest of its own. */
const TABLES: Readonly<Record<string, readonly Table[]>> = {
  "names, and the name of an index": [
    column(f64, [1, 2], "a"),
    column(f64, [1, 2], "b"),
    column(f64, [1, 2], "__index_level_0__"),
  ],
  "order of columns": [
    columnsTable({ a: Float64Array.of(1), b: Float64Array.of(1) }),
    columnsTable({ b: Float64Array.of(1), a: Float64Array.of(1) }),
  ],
  "integers of every width, bool, floats and text": [
    column(int(8), [0, 1]),
    column(int(16), [0, 1]),
    column(int(32), [0, 1]),
    column(int(64), [0, 1]),
    column(int(8, false), [0, 1]),
    column(int(32, false), [0, 1]),
    column(int(64, false), [0, 1]),
    column({ kind: "bool" }, [false, true]),
    column(f64, [0, 1]),
    column({ kind: "float", bits: 32 }, [0, 1]),
    column({ kind: "string" }, ["0", "1"]),
    column({ kind: "date" }, [0, 1]),
    column({ kind: "time", unit: "ns" }, [0n, 1n]),
    column({ kind: "duration", unit: "ns" }, [0n, 1n]),
    column({ kind: "decimal", precision: 3, scale: 0 }, ["0", "1"]),
    column({ kind: "decimal", precision: 4, scale: 0 }, ["0", "1"]),
    column({ kind: "decimal", precision: 3, scale: 1 }, ["0", "0.1"]),
    column(at("ns"), [0n, 1n]),
    column({ kind: "list", item: { name: "item", type: int(8), nullable: true } }, [[0], [1]]),
    column({ kind: "struct", fields: [{ name: "x", type: int(8), nullable: true }] }, [
      { x: 0 },
      { x: 1 },
    ]),
  ],
  "-1 and 255 in 8 bits": [column(int(8), [-1]), column(int(8, false), [255])],
  "bits of floats and integers": [
    column(f64, [1.5]),
    column(int(64), [BigInt.asIntN(64, 0x3ff8000000000000n)]),
  ],
  "instants, local times and units": [
    column(at("ns"), [1n]),
    column(at("us"), [1n]),
    column(at("ms"), [1n]),
    column(at("s"), [1n]),
    column(at("ns", "UTC"), [1n]),
    column(at("ns", "Europe/Berlin"), [1n]),
  ],
  "null and NaN, and 0": [
    column(f64, [1, null]),
    column(f64, [1, Number.NaN]),
    column(f64, [1, 0]),
  ],
  "0 and -0": [column(f64, [0]), column(f64, [-0])],
  "null, empty text, and where it ends": [
    column({ kind: "string" }, [null, "ab"]),
    column({ kind: "string" }, ["", "ab"]),
    column({ kind: "string" }, ["a", "b"]),
    column({ kind: "string" }, ["ab", ""]),
    column({ kind: "string" }, ["ab", null]),
    column({ kind: "string" }, ["ab"]),
  ],
  "text and bytes": [
    column({ kind: "string" }, ["ab"]),
    column({ kind: "bytes" }, [Buffer.from("ab")]),
    column({ kind: "string" }, ["b'ab'"]),
  ],
  "normal forms of text": [
    column({ kind: "string" }, ["é"]),
    column({ kind: "string" }, ["e\u0301"]),
  ],
  "tables without rows": [
    recordsTable([]),
    column(f64, [], "a"),
    column(f64, [], "b"),
    column(int(64), [], "a"),
    columnsTable({ a: new Float64Array(0), b: new Float64Array(0) }),
  ],
  "columns of nulls": [
    column(f64, [null]),
    column(f64, [null, null]),
    column({ kind: "string" }, [null]),
    column(int(64), [null]),
  ],
  "lists: null, empty, of null, and where they end": [
    [null, [1, 2]],
    [[], [1, 2]],
    [[null], [1, 2]],
    [[1], [2]],
    [[1, 2], []],
    [[1, 2], null],
    [[[1], [2]]],
    [[[1, 2]]],
    [[[1, 2], []]],
    [[[1, 2], null]],
  ].map((values) => recordsTable(values.map((a) => ({ a })))),
  "structs: null, of null": [
    recordsTable([{ a: { x: 1 } }, { a: null }]),
    recordsTable([{ a: { x: 1 } }, { a: { x: null } }]),
    recordsTable([{ a: { x: 1 } }, { a: { x: 0 } }]),
    recordsTable([{ a: { y: 1 } }, { a: { y: 0 } }]),
  ],
  "rows in the middle of long tables": [1, 2].map((middle) =>
    recordsTable(
      Array.from({ length: 2001 }, (_, i): TableRecord => ({ a: i === 1000 ? middle : 0 })),
    ),
  ),
  "order of rows": [column(f64, [1, 2]), column(f64, [2, 1])],
};

describe("table-v1 tells apart", () => {
  it.each(Object.entries(TABLES))("%s", async (_, tables) => {
    const digests = await Promise.all(tables.map((table) => tableDigest(table)));
    expect(new Set(digests).size).toBe(tables.length);
    for (const digest of digests) expect(digest).toMatch(/^table-v1:[0-9a-f]{64}$/);
  });
});

describe("digests of values", () => {
  it("tell arrays apart by shape, type and bits", async () => {
    const zeros = new Uint8Array(16);
    const arrays = [
      arrayDigest({ dtype: "f4", shape: [4], bytes: zeros }),
      arrayDigest({ dtype: "f8", shape: [2], bytes: zeros }),
      arrayDigest({ dtype: "u1", shape: [16], bytes: zeros }),
      arrayDigest({ dtype: "i1", shape: [16], bytes: zeros }),
      arrayDigest({ dtype: "b1", shape: [16], bytes: zeros }),
      arrayDigest({ dtype: "c16", shape: [1], bytes: zeros }),
      arrayDigest({ dtype: "c16", shape: [], bytes: zeros }),
      arrayDigest({ dtype: "u1", shape: [4, 4], bytes: zeros }),
      arrayDigest({ dtype: "u1", shape: [16, 1], bytes: zeros }),
      arrayDigest({ dtype: "u1", shape: [0], bytes: new Uint8Array(0) }),
      arrayDigest({ dtype: "f8", shape: [0], bytes: new Uint8Array(0) }),
      arrayDigest({ dtype: "f8", shape: [0, 3], bytes: new Uint8Array(0) }),
      tableDigest(recordsTable([])),
      bytesDigest(zeros),
      bytesDigest(new Uint8Array(0)),
    ];
    expect(new Set(await Promise.all(arrays)).size).toBe(arrays.length);
  });

  it("tell JSON, text and bytes apart", async () => {
    const long = (middle: number) =>
      Array.from({ length: 1001 }, (_, i) => (i === 500 ? middle : 0));
    const digests = [
      jsonDigest(5),
      jsonDigest("5"),
      textDigest("5"),
      await bytesDigest(Buffer.from("5")),
      jsonDigest(null),
      jsonDigest("None"),
      textDigest("None"),
      textDigest("null"),
      jsonDigest({}),
      jsonDigest([]),
      textDigest("{}"),
      jsonDigest({ 1: "x" }),
      jsonDigest([1]),
      jsonDigest(["1"]),
      jsonDigest(true),
      jsonDigest(1),
      textDigest("hello"),
      await bytesDigest(Buffer.from("hello")),
      textDigest("b'hello'"),
      textDigest(""),
      await bytesDigest(new Uint8Array(0)),
      jsonDigest(""),
      jsonDigest(long(1)),
      jsonDigest(long(2)),
      jsonDigest({ a: null }),
      jsonDigest({ a: [] }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});
