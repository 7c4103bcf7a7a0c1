import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { float16ToFloat32, hdf5Layout, openHdf5, writeHdf5 } from "../../../src/formats/index.js";
import { hasPython, runPython } from "../../programs/run-python.js";

describe.skipIf(!hasPython)("hdf5 and h5py", () => {
  const folder = mkdtempSync(join(tmpdir(), "lode-hdf5-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("h5py's datasets and attributes are read", async () => {
    await runPython(
      `
import sys, h5py, numpy as np
for libver in ("earliest", "latest"):
    with h5py.File(f"{sys.argv[1]}/{libver}.h5", "w", libver=libver) as f:
        f["f4"] = np.arange(24, dtype="<f4").reshape(2, 3, 4)
        f["big-endian"] = np.arange(5, dtype=">i8")
        f["half"] = np.array([0, 1, -2.5], dtype="f2")
        f["flags"] = np.array([True, False])
        f["complex"] = np.array([1 + 2j, 3 - 4j], dtype="c8")
        f["texts"] = np.array(["a", "ü", ""], dtype=h5py.string_dtype())
        f["fixed"] = np.array([b"abc", b"d"])
        f["scalar"] = 5
        f["group/deep/zipped"] = 0
        del f["group/deep/zipped"]
        f.create_dataset("group/deep/zipped", data=np.arange(300000).reshape(3000, 100),
                         chunks=(7, 100), compression="gzip", shuffle=True, fletcher32=True)
        f["soft"] = h5py.SoftLink("/f4")
        f["nowhere"] = h5py.SoftLink("/missing")
        f["circle"] = h5py.SoftLink("/circle")
        f["outside"] = h5py.ExternalLink("/etc/passwd", "/")
        f["records"] = np.zeros(3, dtype=[("x", "i4")])
        f["nothing"] = h5py.Empty("f")
        f.create_dataset("lzf", data=np.arange(10), chunks=(10,), compression="lzf")
        f["f4"].attrs.update({"unit": "m/s", "n": 3, "scale": np.arange(3.0), "on": True})
`,
      folder,
    );
    for (const libver of ["earliest", "latest"]) {
      const file = await openHdf5(readFileSync(join(folder, `${libver}.h5`)));
      const found = new Map((await file.datasets()).map(({ name, ...rest }) => [name, rest]));
      const dtypes = Object.fromEntries([...found].map(([name, { dtype }]) => [name, dtype]));
      expect(dtypes).toEqual({
        f4: "f4",
        "big-endian": "i8",
        half: "f2",
        flags: "b1",
        complex: "c8",
        texts: "string",
        fixed: "string",
        scalar: "i8",
        "group/deep/zipped": "i8",
        soft: "f4",
        records: undefined,
        nothing: "f4",
        lzf: "i8",
      });
      expect(found.get("f4")?.shape).toEqual([2, 3, 4]);
      expect(found.get("nothing")?.shape).toBeUndefined();
      expect([...(await file.readRows("f4", 1, 2)).data].slice(0, 3)).toEqual([12, 13, 14]);
      expect((await file.read("soft")).data.length).toBe(24);
      expect([...(await file.read("big-endian")).data]).toEqual([0n, 1n, 2n, 3n, 4n]);
      const half = await file.read("half");
      expect([...float16ToFloat32(half.data as Uint16Array)]).toEqual([0, 1, -2.5]);
      expect([...(await file.read("flags")).data]).toEqual([1, 0]);
      expect([...(await file.read("complex")).data]).toEqual([1, 2, 3, -4]);
      expect((await file.read("texts")).data).toEqual(["a", "ü", ""]);
      expect((await file.read("fixed")).data).toEqual(["abc", "d"]);
      expect(await file.read("scalar")).toMatchObject({ shape: [], data: BigInt64Array.of(5n) });
      const zipped = await file.readRows("group/deep/zipped", 1500, 3000);
      expect(zipped.data).toEqual(
        BigInt64Array.from({ length: 150_000 }, (_, i) => BigInt(150_000 + i)),
      );
      for (const name of ["records", "nothing", "lzf"]) {
        await expect(file.read(name)).rejects.toMatchObject({ code: "unsupported" });
      }
      expect(Object.fromEntries(await file.attributes("f4"))).toEqual({
        unit: "m/s",
        n: 3n,
        scale: Float64Array.of(0, 1, 2),
        on: true,
      });
      file.close();
    }
  });

  it("h5py reads ours", async () => {
    const path = join(folder, "ours.h5");
    const attributes = { unit: "°C", n: 3, scale: Float64Array.of(1.5) };
    writeFileSync(
      path,
      await writeHdf5({
        f4: { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], attributes },
        "group/u8": { data: BigUint64Array.of(2n ** 64n - 1n) },
        "group/texts": { data: ["a", "ü"] },
      }),
    );
    const answer = await runPython(
      `
import sys, h5py
f = h5py.File(sys.argv[1])
print(f["f4"][:].tolist(), f["f4"].dtype, f["f4"].attrs["unit"], f["f4"].attrs["n"], f["f4"].attrs["scale"])
print(f["group/u8"][:].tolist(), f["group/texts"].asstr()[:].tolist(), sorted(f))
`,
      path,
    );
    expect(answer).toBe(
      "[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] float32 °C 3 [1.5]\n[18446744073709551615] ['a', 'ü'] ['f4', 'group']\n",
    );
  });

  it("h5py reads what a layout frames, up to 5 GiB of a sparse file", async () => {
    const files = [
      ["data", 0],
      ["data", 1],
      ["data", 100_000],
      ["ünï", 5 * 2 ** 30 + 3],
    ] as const;
    const paths = files.map(([name, size], i) => {
      const path = join(folder, `layout-${i}.h5`);
      const layout = hdf5Layout(size, name);
      const file = openSync(path, "w");
      writeSync(file, layout.header);
      if (size > 0) writeSync(file, Buffer.from([7]), 0, 1, layout.size - 1);
      expect(fstatSync(file).size).toBe(layout.size);
      closeSync(file);
      return path;
    });
    const answer = await runPython(
      `
import sys, h5py
for path in sys.argv[1:]:
    f = h5py.File(path)
    [name] = f
    d = f[name]
    print(name, d.shape, d.dtype, d.chunks, d[:2].tolist(), d[-2:].tolist())
`,
      ...paths,
    );
    expect(answer.split("\n")).toEqual([
      "data (0,) uint8 None [] []",
      "data (1,) uint8 None [7] [7]",
      "data (100000,) uint8 None [0, 0] [0, 7]",
      "ünï (5368709123,) uint8 None [0, 0] [0, 7]",
      "",
    ]);
    const descriptor = openSync(paths[3] as string, "r");
    const size = fstatSync(descriptor).size;
    const readInto = (target: Uint8Array, position: number) => {
      readSync(descriptor, target, 0, target.length, position);
    };
    const file = await openHdf5({ size, readInto });
    const end = await file.readRows("ünï", 5 * 2 ** 30, 5 * 2 ** 30 + 3);
    expect(end.data).toEqual(Uint8Array.of(0, 0, 7));
    file.close();
    closeSync(descriptor);
  });
});
