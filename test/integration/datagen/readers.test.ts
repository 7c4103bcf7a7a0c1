import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type GenerateOptions, generateObject } from "../../../src/datagen/index.js";
import { sha256 } from "../../datagen/read-body.js";
import { hasPython, runPython } from "../../programs/run-python.js";
import { TENSORFLOW_IN_PYTHON } from "../../programs/tensorflow-in-python.js";

const MiB = 2 ** 20;

const SHA = "import hashlib, sys\nsha = lambda data: hashlib.sha256(data).hexdigest()\n";

// What the readers find stands in the files as it is: it is looked up there.
describe.skipIf(!hasPython)("generated objects and the programs that they are for", () => {
  const folder = mkdtempSync(join(tmpdir(), "lode-generated-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The path of the generated file, whose size is what was asked for. */
  async function generate(name: string, options: Omit<GenerateOptions, "seed">): Promise<string> {
    const path = join(folder, name);
    const object = generateObject({ seed: "readers", ...options });
    const file = await open(path, "w");
    try {
      for await (const chunk of object.stream()) await file.write(chunk);
    } finally {
      await file.close();
    }
    expect(statSync(path).size).toBe(options.size ?? object.length);
    return path;
  }

  it("numpy reads all elements of NPY", async () => {
    for (const [dtype, shape] of [
      ["u1", undefined],
      ["i8", undefined],
      ["f2", undefined],
      ["f4", [100, 28, 28]],
      ["c16", [7, 11]],
    ] as const) {
      const options = shape === undefined ? { size: 3 * MiB + 5 } : { shape };
      const path = await generate(`${dtype}.npy`, { type: "NPY", dtype, ...options });
      const answer = await runPython(
        `${SHA}
import numpy as np
a = np.load(sys.argv[1])
assert a.dtype.kind not in "fc" or (np.isfinite(a).all() and abs(a.real).max() < 2 and a.std() > 0)
print(a.dtype.str[1:], a.shape, a.nbytes, sha(a.tobytes()))
`,
        path,
      );
      const [, type, axes = "", bytes, sum] = /^(\S+) \((.*)\) (\d+) (\w+)\n$/.exec(answer) ?? [];
      expect(type).toBe(dtype);
      if (shape !== undefined) expect(axes).toBe(shape.join(", "));
      const body = readFileSync(path);
      const elements = body.subarray(body.length - Number(bytes));
      expect(elements.length).toBeGreaterThanOrEqual(body.length - 256);
      expect(sum).toBe(sha256(elements));
    }
  });

  it("numpy reads all arrays of NPZ", async () => {
    const one = await generate("one.npz", { type: "NPZ", size: 2 * MiB + 3 });
    const rows = await generate("rows.npz", {
      ...{ type: "NPZ", size: 5_000_001, samples: 1000, dtype: "f4" },
    });
    const answer = await runPython(
      `
import sys, zipfile, numpy as np
for path in sys.argv[1:]:
    assert zipfile.ZipFile(path).testzip() is None
    file = open(path, "rb").read()
    npz = np.load(path)
    for name in npz.files:
        a = npz[name]
        assert a.tobytes() in file
        print(name, a.dtype.str[1:], a.shape, end="; ")
print(sorted(set(npz["y"].tolist())), np.isfinite(npz["x"]).all())
`,
      one,
      rows,
    );
    expect(answer).toMatch(
      /^data u1 \(209\d{4},\); x f4 \(1000, 124[0-9]\); y i8 \(1000,\); \[0, 1, .*, 8, 9\] True\n$/,
    );
  });

  it("h5py reads the data set of HDF5", async () => {
    const size = 3 * MiB + 1;
    const path = await generate("a.h5", { type: "HDF5", size });
    const answer = await runPython(
      `
import sys, h5py
file = h5py.File(sys.argv[1], "r")
data = file["data"]
print(list(file), data.dtype, data.ndim, data.size, data[:].tobytes() in open(sys.argv[1], "rb").read())
`,
      path,
    );
    const [, elements] = /^\['data'\] uint8 1 (\d+) True\n$/.exec(answer) ?? [];
    expect(Number(elements)).toBeGreaterThan(size - 4096);
  });

  it("pyarrow reads all rows of Parquet", async () => {
    for (const [size, more] of [
      [3_000_001, { samples: 5000 }],
      [70 * MiB, {}],
      [100_000, { recordSize: 1000 }],
    ] as const) {
      const options = { type: "PARQUET", size, ...more } as const;
      const path = await generate("a.parquet", options);
      const answer = await runPython(
        `
import sys, pyarrow.parquet as pq
file = pq.ParquetFile(sys.argv[1])
table = file.read()
body = open(sys.argv[1], "rb").read()
data = table["data"]
at = 0
for value in data:
    value = value.as_py()
    at = body.index(value, at) + len(value)
ids = table["id"].to_pylist()
print([str(field.type) for field in table.schema], ids == list(range(len(ids))), len(ids), at > 0,
      sum(len(value.as_py()) for value in data), file.metadata.num_row_groups)
`,
        path,
      );
      const match = /^\['int64', 'binary'\] True (\d+) True (\d+) (\d+)\n$/.exec(answer) ?? [];
      const [rows, bytes, groups] = match.slice(1).map(Number) as [number, number, number];
      expect(rows).toBe(generateObject({ seed: "readers", ...options }).samples);
      expect(bytes).toBeGreaterThan(size - 12 * rows - 2000 - size / 1000);
      expect(groups).toBe(Math.ceil(size / (64 * MiB)));
    }
  });

  it("webdataset reads all samples of TAR", async () => {
    const options = { type: "TAR", size: 20 * MiB + 100, recordSize: 100_000 } as const;
    const path = await generate("shard-000000.tar", options);
    const answer = await runPython(
      `${SHA}
import tarfile, webdataset as wds
members = tarfile.open(sys.argv[1]).getmembers()
samples = list(wds.WebDataset(sys.argv[1], shardshuffle=False, empty_check=False))
body = open(sys.argv[1], "rb").read()
assert [s["__key__"] for s in samples] == ["%06d" % i for i in range(len(samples))]
assert all(s["bin"] in body for s in samples)
decoded = list(wds.WebDataset(sys.argv[1], shardshuffle=False).decode().to_tuple("cls", "bin"))
assert [d[1] for d in decoded] == [s["bin"] for s in samples]
print(len(members), len(samples), sorted({d[0] for d in decoded}), len({sha(s["bin"]) for s in samples}),
      sum(len(s["bin"]) for s in samples))
`,
      path,
    );
    const { samples = 0 } = generateObject({ seed: "readers", ...options });
    const [, bytes] = /(\d+)\n$/.exec(answer) ?? [];
    expect(answer).toBe(
      `${2 * samples} ${samples} [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] ${samples} ${bytes}\n`,
    );
    expect(Number(bytes)).toBeGreaterThan(0.98 * options.size);
  });

  it("TensorFlow's reader and protobuf read all examples of TFRecord", async () => {
    const options = { type: "TFRECORD", size: 5_000_003, samples: 300 } as const;
    const path = await generate("a.tfrecord", options);
    const index = generateObject({ seed: "readers", ...options }).indexFile?.();
    const answer = await runPython(
      `${TENSORFLOW_IN_PYTHON}
body = open(sys.argv[1], "rb").read()
entries, labels, image_bytes, offset = [], set(), 0, 0
for record in records(sys.argv[1]):
    example = Example.FromString(record)
    feature = example.features.feature
    assert sorted(feature) == ["image", "label"]
    (label,) = feature["label"].int64_list.value
    (image,) = feature["image"].bytes_list.value
    assert image in body
    labels.add(label)
    image_bytes += len(image)
    entries.append((offset, len(record) + 16))
    offset += len(record) + 16
print(offset, image_bytes, sorted(labels))
print("\\n".join(f"{a} {b}" for a, b in entries))
`,
      path,
    );
    const [first = "", ...lines] = answer.split("\n");
    const [, imageBytes] = /^5000003 (\d+) \[0, 1, 2, 3, 4, 5, 6, 7, 8, 9\]$/.exec(first) ?? [];
    expect(Number(imageBytes)).toBeGreaterThan(options.size - 300 * 80);
    expect(lines.join("\n")).toBe(Buffer.from(index ?? "").toString());
  });
});
