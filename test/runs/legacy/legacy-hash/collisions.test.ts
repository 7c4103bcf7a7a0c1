import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { arrayDigest, jsonDigest, tableDigest } from "../../../../src/cas/index.js";
import {
  bytesReader,
  type ColumnData,
  type ColumnType,
  encodeNpy,
  type NpyArray,
  parsePythonJson,
  readNpyHeader,
  type Table,
} from "../../../../src/formats/index.js";
import {
  FrameRows,
  legacyJsonHashes,
  npyElements,
} from "../../../../src/runs/legacy/legacy-hash/index.js";

const int = (bits: 8 | 16 | 32 | 64, signed = true): ColumnType => ({ kind: "int", bits, signed });
const f64: ColumnType = { kind: "float", bits: 64 };
const at = (unit: "us" | "ns", zone?: string): ColumnType => ({ kind: "timestamp", unit, zone });
const TEXT: ColumnType = { kind: "string" };

/** A frame of one column. `objects`: pandas held it as objects. */
function frame(type: ColumnType, data: ColumnData, name = "a", objects = false): Table {
  const fields = [{ name, type, nullable: true }];
  const noted = { index_columns: [], columns: [{ name, numpy_type: "object" }] };
  const metadata = objects ? { pandas: JSON.stringify(noted) } : undefined;
  const length = (data as readonly unknown[]).length;
  return { schema: { fields, metadata }, batches: [{ rows: length, columns: [{ length, data }] }] };
}

const bits = Float64Array.of(1.5, 2.5);

/** Different frames to which mltrack gave one hash. */
const FRAMES: Readonly<Record<string, readonly Table[]>> = {
  "renamed columns": [
    frame(int(64), BigInt64Array.of(1n)),
    frame(int(64), BigInt64Array.of(1n), "b"),
  ],
  "widths of integers, and bool": [
    frame(int(64), BigInt64Array.of(1n, 0n)),
    frame(int(64, false), BigUint64Array.of(1n, 0n)),
    frame(int(32), Int32Array.of(1, 0)),
    frame(int(8, false), Uint8Array.of(1, 0)),
    frame({ kind: "bool" }, Uint8Array.of(1, 0)),
  ],
  "-1 and 255": [frame(int(8), Int8Array.of(-1)), frame(int(64), BigInt64Array.of(255n))],
  "floats and the integers of their bits": [
    frame(f64, bits),
    frame(int(64), new BigInt64Array(bits.buffer)),
  ],
  "integers, times of two units, with and without zone": [
    frame(int(64), BigInt64Array.of(5n)),
    frame(at("us"), BigInt64Array.of(5n)),
    frame(at("ns"), BigInt64Array.of(5n)),
    frame(at("ns", "UTC"), BigInt64Array.of(5n)),
  ],
  "objects and how they are printed": [
    frame(int(64), BigInt64Array.of(1n, 20n), "a", true),
    frame(TEXT, ["1", "20"]),
  ],
  "empty frames": [
    frame(int(64), new BigInt64Array(0)),
    frame(f64, new Float64Array(0)),
    frame(TEXT, []),
  ],
};

const ARRAYS: Readonly<Record<string, readonly NpyArray[]>> = {
  shapes: [
    { dtype: "i8", shape: [4], fortranOrder: false, data: BigInt64Array.of(0n, 1n, 2n, 3n) },
    { dtype: "i8", shape: [2, 2], fortranOrder: false, data: BigInt64Array.of(0n, 1n, 2n, 3n) },
  ],
  "zeros of every width": [
    { dtype: "f4", shape: [4], fortranOrder: false, data: new Float32Array(4) },
    { dtype: "f8", shape: [2], fortranOrder: false, data: new Float64Array(2) },
    { dtype: "u1", shape: [16], fortranOrder: false, data: new Uint8Array(16) },
  ],
  "empty arrays": [
    { dtype: "f4", shape: [0], fortranOrder: false, data: new Float32Array(0) },
    { dtype: "f4", shape: [0, 3], fortranOrder: false, data: new Float32Array(0) },
  ],
};

const JSONS = [
  ["5", '"5"'],
  ["null", '"None"'],
  ["true", '"True"'],
  ["0.5", '"0.5"'],
] as const;

async function frameHash({ schema, batches }: Table): Promise<string> {
  const rows = new FrameRows(schema);
  const hash = createHash("sha256");
  for await (const batch of batches) hash.update(rows.next(batch));
  return hash.digest("hex");
}

async function arrayHash(array: NpyArray): Promise<string> {
  const reader = bytesReader(Buffer.concat(encodeNpy(array)));
  const hash = createHash("sha256");
  for await (const piece of npyElements(reader, await readNpyHeader(reader))) hash.update(piece);
  return hash.digest("hex");
}

function digestOfArray({ dtype, shape, data }: NpyArray): Promise<string> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return arrayDigest({ dtype, shape, bytes });
}

describe("what mltrack took for equal, and our digests tell apart", () => {
  it.each(Object.entries(FRAMES))("frames: %s", async (_, tables) => {
    const hashes = await Promise.all(tables.map(frameHash));
    expect(new Set(hashes).size).toBe(1);
    const digests = await Promise.all(tables.map((table) => tableDigest(table)));
    expect(new Set(digests).size).toBe(tables.length);
  });

  it.each(Object.entries(ARRAYS))("arrays: %s", async (_, arrays) => {
    expect(new Set(await Promise.all(arrays.map(arrayHash))).size).toBe(1);
    expect(new Set(await Promise.all(arrays.map(digestOfArray))).size).toBe(arrays.length);
  });

  it("empty arrays and empty frames", async () => {
    const [array] = ARRAYS["empty arrays"]!;
    const [table] = FRAMES["empty frames"]!;
    expect(await arrayHash(array!)).toBe(await frameHash(table!));
    expect(await digestOfArray(array!)).not.toBe(await tableDigest(table!));
  });

  it.each(JSONS)("JSON: %s and %s", (left, right) => {
    expect(legacyJsonHashes(left)).toEqual(legacyJsonHashes(right));
    expect(jsonDigest(parsePythonJson(left))).not.toBe(jsonDigest(parsePythonJson(right)));
  });
});
