import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { describe, expect, it } from "vitest";
import {
  DATA_TYPES,
  GENERATED_DTYPES,
  type GeneratedObject,
  type GenerateOptions,
  generateObject,
} from "../../src/datagen/index.js";
import {
  bytesReader,
  decodeExample,
  hdf5Layout,
  openNpz,
  parseTfRecordIndex,
  readNpy,
  readSamples,
  readTfRecordAt,
  readTfRecords,
  type TfExample,
} from "../../src/formats/index.js";
import { readBody, sha256 } from "./read-body.js";

const make = (options: Omit<GenerateOptions, "seed">) =>
  generateObject({ seed: "test", ...options });

async function* once(bytes: Uint8Array) {
  yield bytes;
}

describe("generateObject", () => {
  it("gives every type exactly the size that it is asked for, again and again", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...DATA_TYPES),
        fc.oneof(
          fc.integer({ min: 10_000, max: 100_000 }),
          fc.integer({ min: 1_000_000, max: 3_000_000 }),
        ),
        fc.integer({ min: 0, max: 1000 }),
        fc.constantFrom(1, 2.5),
        async (type, size, index, compress) => {
          const object = make({ type, size, index, compress });
          expect(object.length).toBe(size);
          expect(sha256(await readBody(object))).toBe(sha256(await readBody(object)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(DATA_TYPES)("names the smallest size of %s, which can be made", async (type) => {
    let smallest = 0;
    try {
      make({ type, size: 0 });
    } catch (error) {
      expect(error).toMatchObject({ code: "invalid-argument" });
      smallest = Number(/has (\d+)$/.exec((error as Error).message)?.[1]);
    }
    for (const size of [smallest, smallest + 1, smallest + 511]) {
      expect(await readBody(make({ type, size }))).toHaveLength(size);
    }
    if (smallest > 0) expect(() => make({ type, size: smallest - 1 })).toThrow(`has ${smallest}`);
  });

  it("has other bytes for another index in every type", async () => {
    for (const type of DATA_TYPES) {
      const [a, b] = await Promise.all(
        [0, 1].map(async (index) => sha256(await readBody(make({ type, size: 5000, index })))),
      );
      expect(a).not.toBe(b);
    }
  });

  it.each<[string, Omit<GenerateOptions, "seed">]>([
    ["RAW needs a size", { type: "RAW" }],
    ["none of RAW", { type: "MP3" as never, size: 1 }],
    ["dtype has no meaning", { type: "TAR", size: 10_000, dtype: "f4" }],
    ["size or a shape", { type: "NPY", size: 10_000, shape: [3] }],
    ["samples or recordSize", { type: "TAR", size: 10_000, samples: 1, recordSize: 5 }],
    ["smallest record has", { type: "TFRECORD", size: 10_000, recordSize: 10 }],
    ["smallest record has", { type: "PARQUET", size: 10_000, recordSize: 12 }],
    ["value of 3221225204", { type: "PARQUET", size: 3 * 2 ** 30, samples: 1 }],
    ["value of 2899999988", { type: "PARQUET", size: 1e10, recordSize: 2.9e9 }],
    ["cannot hold a tf.train.Example", { type: "TFRECORD", size: 1e9, samples: 1 }],
    ["size is 1.5", { type: "RAW", size: 1.5 }],
    ["count is 1000000001", { type: "RAW", size: 1, count: 1_000_000_001 }],
    ["count is 0", { type: "RAW", size: 1, count: 0 }],
    ["dedup is 0.5", { type: "RAW", size: 1, dedup: 0.5 }],
    ["compress is 51", { type: "RAW", size: 1, compress: 51 }],
    ["compress is NaN", { type: "RAW", size: 1, compress: Number.NaN }],
    ['"b1" are not generated', { type: "NPY", size: 1000, dtype: "b1" }],
    ["it must be 5", { type: "NPZ", shape: [4, 2], samples: 5 }],
  ])("refuses: %s", (message, options) => {
    expect(() => make(options)).toThrow(message);
    expect(() => make(options)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  it("makes objects of 100 GB and more without more memory", async () => {
    for (const type of DATA_TYPES) {
      let bytes = 0;
      for await (const chunk of make({
        type,
        size: 2e11,
      }).stream()) {
        bytes += chunk.length;
        expect(chunk.length).toBeLessThanOrEqual(1024 * 1024);
        if (bytes > 8e6) break;
      }
    }
  });
});

describe("NPY", () => {
  it.each(GENERATED_DTYPES)("has finite numbers of %s in any size", async (dtype) => {
    for (const size of [128, 143, 10_000, 65_671]) {
      const array = await readNpy(bytesReader(await readBody(make({ type: "NPY", size, dtype }))));
      expect(array.dtype).toBe(dtype);
      if (array.data instanceof Float32Array || array.data instanceof Float64Array) {
        expect(array.data.every((value) => Math.abs(value) < 2)).toBe(true);
      }
    }
  });

  it("has the shape that it is asked for", async () => {
    const object = make({ type: "NPY", dtype: "f4", shape: [10, 3, 2] });
    expect(object.length).toBe(128 + 240);
    expect((await readNpy(bytesReader(await readBody(object)))).shape).toEqual([10, 3, 2]);
  });
});

describe("NPZ", () => {
  it("has all bytes in data", async () => {
    const npz = await openNpz(bytesReader(await readBody(make({ type: "NPZ", size: 100_000 }))));
    expect(npz.names).toEqual(["data"]);
    const { shape } = await npz.read("data");
    expect(shape[0]).toBeGreaterThan(99_500);
  });

  it("has x and y of as many samples, in any size", async () => {
    const options = { type: "NPZ", dtype: "f4", samples: 100 } as const;
    for (const size of [50_000, 50_001, 50_399]) {
      const npz = await openNpz(bytesReader(await readBody(make({ ...options, size }))));
      const [rows, columns] = (await npz.read("x")).shape;
      expect(rows).toBe(100);
      expect(columns).toBeGreaterThan(119);
      const y = await npz.read("y");
      expect(y.shape).toEqual([100]);
      const labels = new Set(y.data as BigInt64Array);
      expect([...labels].every((label) => label >= 0n && label < 10n)).toBe(true);
      expect(labels.size).toBe(10);
    }
  });

  it("names the nearest sizes where the samples cannot make one up", async () => {
    const options = { type: "NPZ", samples: 50_000 } as const;
    let sizes: number[] = [];
    try {
      make({ ...options, size: 1_020_000 });
    } catch (error) {
      const found = /nearest are (\d+) and (\d+)$/.exec((error as Error).message);
      sizes = found === null ? [] : [Number(found[1]), Number(found[2])];
    }
    expect(sizes).toHaveLength(2);
    for (const size of sizes) {
      expect(await readBody(make({ ...options, size }))).toHaveLength(size);
    }
  });

  it("has the exact size beyond 4 GiB, where zip's numbers are longer", () => {
    for (const size of [2 ** 32 - 1, 2 ** 32, 2 ** 32 + 300, 2 ** 32 + 10_000]) {
      expect(make({ type: "NPZ", size }).length).toBe(size);
    }
  });
});

describe("TFRECORD", () => {
  it("has examples of any length, with all lengths made up", async () => {
    for (const from of [52, 150, 16_300, 2 ** 21]) {
      for (let size = from; size < from + 150; size++) {
        const object = make({ type: "TFRECORD", size, samples: 1 });
        const records: Uint8Array[] = [];
        for await (const record of readTfRecords(once(await readBody(object)))) {
          records.push(record.slice());
        }
        const example = decodeExample(records[0] as Uint8Array);
        expect(labelOf(example)).toBeLessThan(10);
        const image = example.get("image");
        expect(image?.kind === "bytes" && image.values[0]?.length).toBeGreaterThan(size - 100);
      }
    }
  });

  it("has records of the size that was asked for, and a longer last one, each in the index", async () => {
    const object = make({ type: "TFRECORD", size: 1_000_003, recordSize: 10_000 });
    expect(object.samples).toBe(100);
    const file = bytesReader(await readBody(object));
    const entries = parseTfRecordIndex(object.indexFile?.() ?? new Uint8Array());
    expect(entries.map(({ length }) => length)).toEqual([
      ...new Array<number>(99).fill(10_000),
      10_003,
    ]);
    const labels = new Set<number>();
    for (const entry of entries) {
      labels.add(labelOf(decodeExample(await readTfRecordAt(file, entry))));
    }
    expect([...labels].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("has records of lengths that differ by one, if their number is given", () => {
    const object = make({ type: "TFRECORD", size: 1003, samples: 10 });
    const entries = parseTfRecordIndex(object.indexFile?.() ?? new Uint8Array());
    expect(entries.map(({ length }) => length)).toEqual([101, 101, 101, ...Array(7).fill(100)]);
  });

  function labelOf(example: TfExample): number {
    const label = example.get("label");
    if (label?.kind !== "int64" || label.values.length !== 1) throw new Error("no label");
    return Number(label.values[0]);
  }
});

describe("TAR", () => {
  it("has samples of a class and bytes, in any size", async () => {
    for (const size of [3072, 1_000_000, 1_000_448, 3_000_001]) {
      const object = make({ type: "TAR", size });
      let samples = 0;
      for await (const { key, fields } of readSamples(once(await readBody(object)))) {
        expect([...fields.keys()]).toEqual(["cls", "bin"]);
        expect(key).toBe(String(samples++).padStart(6, "0"));
        expect(Buffer.from(fields.get("cls") as Uint8Array).toString()).toMatch(/^[0-9]$/);
      }
      expect(samples).toBe(object.samples);
    }
  });
});

describe("PARQUET", () => {
  it("has rows of an id and bytes, whatever the sizes", async () => {
    const rowsOf = fc.oneof(
      fc.record({ samples: fc.integer({ min: 1, max: 2000 }) }),
      fc.record({ recordSize: fc.integer({ min: 13, max: 300_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(rowsOf, fc.integer({ min: 40_000, max: 3_000_000 }), async (rows, size) => {
        const object = make({ type: "PARQUET", size, ...rows });
        const body = await readBody(object);
        const read = await parquetReadObjects({
          file: body.buffer.slice(body.byteOffset, body.byteOffset + body.length) as ArrayBuffer,
          utf8: false,
        });
        expect(read).toHaveLength(object.samples ?? 0);
        let bytes = 0;
        for (const [row, { id, data }] of read.entries()) {
          expect(id).toBe(BigInt(row));
          bytes += (data as Uint8Array).length;
        }
        expect(size - bytes - 12 * read.length).toBeLessThan(1000 + size / 1000);
      }),
      { numRuns: 30 },
    );
  });

  it("fits what it says of row groups and pages into its size, in large files too", async () => {
    for (const [size, recordSize] of [
      [300_000_000, 100],
      [300_000_001, 1_000_000],
      [300_000_002, 70_000_000],
    ] as const) {
      expect(await lengthOf(make({ type: "PARQUET", size, recordSize }))).toBe(size);
    }
  });
});

describe("HDF5", () => {
  it("is a header and elements", async () => {
    const size = 10_001;
    const body = await readBody(make({ type: "HDF5", size }));
    const { header } = hdf5Layout(size - hdf5Layout(0).size);
    expect(body.subarray(0, header.length).equals(header)).toBe(true);
    expect(new Set(body.subarray(header.length)).size).toBe(256);
  });
});

/** Of what is made, without keeping it. */
async function lengthOf(object: GeneratedObject): Promise<number> {
  let length = 0;
  for await (const chunk of object.stream()) length += chunk.length;
  return length;
}
