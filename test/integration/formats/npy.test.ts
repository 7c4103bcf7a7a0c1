import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  bytesReader,
  encodeNpy,
  float16ToFloat32,
  NPY_DTYPES,
  type NpyDtype,
  npyDataBytes,
  npyHeader,
  readNpy,
} from "../../../src/formats/index.js";
import { npyArray } from "../../formats/npy/npy-arrays.js";
import { hasPython, runPython } from "../../programs/run-python.js";

const dtypes = Object.keys(NPY_DTYPES) as NpyDtype[];

describe.skipIf(!hasPython)("npy and numpy", () => {
  const folder = mkdtempSync(join(tmpdir(), "lode-npy-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("numpy writes every dtype, order and version, and we read the same values", async () => {
    const facts = JSON.parse(
      await runPython(
        `
import json, sys, warnings
import numpy as np
folder = sys.argv[1]
facts = {}
for code in sys.argv[2].split(","):
    for order in "<>":
        for shape in [(), (3,), (2, 3, 4), (0, 5)]:
            for fortran in (False, True):
                for version in ((1, 0), (2, 0), (3, 0)):
                    count = int(np.prod(shape))
                    base = (np.arange(count) % 2 if code == "b1" else np.arange(count) * (1.5 - 2j) if code[0] == "c" else np.arange(count))
                    array = base.astype(np.dtype(order + code)).reshape(shape)
                    if fortran: array = array.copy("F")
                    name = f"{code}-{'le' if order == '<' else 'be'}-{len(shape)}-{fortran}-{version[0]}.npy"
                    with open(f"{folder}/{name}", "wb") as file:
                        with warnings.catch_warnings():
                            warnings.simplefilter("ignore")
                            np.lib.format.write_array(file, array, version=version)
                    native = array.astype(array.dtype.newbyteorder("="))
                    is_fortran = fortran and array.ndim > 1 and not array.flags.c_contiguous
                    facts[name] = [code, list(array.shape), bool(is_fortran), native.tobytes("F" if is_fortran else "C").hex()]
print(json.dumps(facts))
`,
        folder,
        dtypes.join(","),
      ),
    ) as Record<string, [string, number[], boolean, string]>;
    expect(Object.keys(facts).length).toBe(dtypes.length * 2 * 4 * 2 * 3);
    for (const [name, [dtype, shape, fortranOrder, bits]] of Object.entries(facts)) {
      const array = await readNpy(bytesReader(readFileSync(join(folder, name))));
      const { buffer, byteOffset, byteLength } = array.data;
      const actual = Buffer.from(buffer, byteOffset, byteLength).toString("hex");
      expect([name, array.dtype, array.shape, array.fortranOrder, actual]).toEqual([
        name,
        dtype,
        shape,
        fortranOrder,
        bits,
      ]);
    }
  });

  it("we write every dtype and order as numpy does, byte for byte, and numpy reads it", async () => {
    const shapes = [[], [3], [2, 3, 4], [0, 5], [1, 12345678]];
    const names: string[] = [];
    for (const dtype of dtypes) {
      for (const shape of shapes) {
        for (const fortranOrder of [false, true]) {
          if (shape[1] === 12345678 && dtype !== "u1") continue;
          const length = npyDataBytes(dtype, shape);
          const bytes = new Uint8Array(length);
          // The upper byte of a word stays below that of a NaN, and a bool is 0 or 1.
          for (let i = 0; i < length; i++) bytes[i] = i % 2;
          const array = npyArray(dtype, shape, bytes, fortranOrder);
          const name = `ours-${dtype}-${shape.join("x")}-${fortranOrder}.npy`;
          writeFileSync(join(folder, name), Buffer.concat(encodeNpy(array)));
          names.push(name);
        }
      }
    }
    const answer = await runPython(
      `
import io, json, sys
import numpy as np
folder = sys.argv[1]
for name in json.loads(sys.argv[2]):
    _, code, shape, fortran = name[:-4].split("-")
    raw = open(f"{folder}/{name}", "rb").read()
    array = np.load(f"{folder}/{name}")
    shape = tuple(int(n) for n in shape.split("x") if n)
    assert array.shape == shape and array.dtype == np.dtype("<" + code), name
    assert np.load(f"{folder}/{name}", mmap_mode="r").shape == shape if array.size else True
    if fortran == "true" and array.flags.c_contiguous: continue
    out = io.BytesIO(); np.save(out, array)
    assert out.getvalue() == raw, name
print("same")
`,
      folder,
      JSON.stringify(names),
    );
    expect(answer).toBe("same\n");
  });

  it("numpy reads headers that are padded to a length", async () => {
    const names: string[] = [];
    for (const paddedTo of [80, 96, 8000, 10_010]) {
      const header = npyHeader({ dtype: "i4", shape: [2], paddedTo, alignment: 1 });
      const name = join(folder, `padded-${paddedTo}.npy`);
      writeFileSync(name, Buffer.concat([header, Buffer.from(Int32Array.of(7, -8).buffer)]));
      names.push(name);
    }
    const script =
      "import sys, numpy as np; print([np.load(name).tolist() for name in sys.argv[1:]])";
    expect(await runPython(script, ...names)).toBe("[[7, -8], [7, -8], [7, -8], [7, -8]]\n");
  });

  it("refuses what numpy would unpickle, and its other types", async () => {
    await runPython(
      `
import sys, numpy as np
folder = sys.argv[1]
np.save(folder + "/objects.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
np.save(folder + "/structured.npy", np.zeros(3, dtype=[("a", "<f4"), ("b", "<i8", (2,))]))
np.save(folder + "/strings.npy", np.array(["a", "bcd"]))
np.save(folder + "/bytes.npy", np.array([b"a", b"bcd"]))
np.save(folder + "/dates.npy", np.array(["2024-01-01"], dtype="datetime64[D]"))
`,
      folder,
    );
    for (const [name, word] of [
      ["objects", "pickle"],
      ["structured", "structured"],
      ["strings", "strings"],
      ["bytes", "strings"],
      ["dates", "not read"],
    ]) {
      const reader = bytesReader(readFileSync(join(folder, `${name}.npy`)));
      await expect(readNpy(reader)).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining(word!),
      });
    }
  });

  it("halves become the floats that numpy makes of them", async () => {
    const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const ours = float16ToFloat32(halves);
    const file = join(folder, "floats.bin");
    writeFileSync(file, new Uint8Array(ours.buffer));
    const script = `
import sys, numpy as np
ours = np.fromfile(sys.argv[1], dtype="<f4")
theirs = np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32)
print(np.array_equal(ours, theirs, equal_nan=True))
`;
    expect(await runPython(script, file)).toBe("True\n");
  });
});
