import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  bytesReader,
  type NpzMember,
  npzChunks,
  npzSize,
  openNpz,
} from "../../../src/formats/index.js";
import { zipChunks } from "../../../src/formats/zip/index.js";
import { collect, reusingChunks } from "../../formats/zip/collect.js";
import { hasPython, runPython } from "../../programs/run-python.js";

describe.skipIf(!hasPython)("npz and numpy", () => {
  const folder = mkdtempSync(join(tmpdir(), "lode-npz-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("numpy's savez and savez_compressed are read", async () => {
    await runPython(
      `
import sys, numpy as np
arrays = {"x": np.arange(60, dtype="<f4").reshape(3, 4, 5), "y": np.array([1, -2, 3]),
          "ünï/z": np.array(2.5), "big": np.zeros((1000, 1000), dtype="u1")}
np.savez(sys.argv[1] + "/plain.npz", **arrays)
np.savez_compressed(sys.argv[1] + "/packed.npz", **arrays)
`,
      folder,
    );
    for (const file of ["plain", "packed"]) {
      const npz = await openNpz(bytesReader(readFileSync(join(folder, `${file}.npz`))));
      expect(npz.names).toEqual(["x", "y", "ünï/z", "big"]);
      expect(npz.entry("x").compression).toBe(file === "plain" ? "stored" : "deflate");
      const x = await npz.read("x");
      expect([x.dtype, x.shape, ...x.data.slice(0, 3)]).toEqual(["f4", [3, 4, 5], 0, 1, 2]);
      expect([...(await npz.read("y")).data]).toEqual([1n, -2n, 3n]);
      expect([...(await npz.read("ünï/z")).data]).toEqual([2.5]);
      expect((await npz.read("big")).data.length).toBe(1_000_000);
    }
    const npz = await openNpz(bytesReader(readFileSync(join(folder, "plain.npz"))));
    expect([...(await npz.readRows("x", 2, 3)).data.slice(0, 2)]).toEqual([40, 41]);
  });

  it("numpy reads ours, and Python's zipfile finds every checksum right", async () => {
    const values = Float32Array.from({ length: 30_000 }, (_, i) => i % 1000);
    const bytes = new Uint8Array(values.buffer);
    const members = (): NpzMember[] => [
      { name: "x", dtype: "f4", shape: [100, 300], data: values },
      { name: "streamed", dtype: "f4", shape: [300, 100], data: reusingChunks(bytes, 999) },
      { name: "ünï/z", dtype: "i8", shape: [], data: BigInt64Array.of(-5n) },
      { name: "padded", dtype: "u1", shape: [3], paddedTo: 4000, data: Uint8Array.of(1, 2, 3) },
    ];
    writeFileSync(join(folder, "ours.npz"), await collect(npzChunks(members())));
    const packed = npzChunks(members(), { compression: "deflate" });
    writeFileSync(join(folder, "ours-packed.npz"), await collect(packed));
    const answer = await runPython(
      `
import sys, zipfile, numpy as np
values = (np.arange(30000) % 1000).astype("<f4")
for name in ("ours", "ours-packed"):
    path = f"{sys.argv[1]}/{name}.npz"
    assert zipfile.ZipFile(path).testzip() is None
    npz = np.load(path)
    assert npz.files == ["x", "streamed", "ünï/z", "padded"], npz.files
    assert np.array_equal(npz["x"], values.reshape(100, 300))
    assert np.array_equal(npz["streamed"], values.reshape(300, 100))
    assert npz["ünï/z"] == -5 and npz["ünï/z"].shape == ()
    assert npz["padded"].tolist() == [1, 2, 3]
print("read")
`,
      folder,
    );
    expect(answer).toBe("read\n");
  });

  it("Python reads an archive of more than 4 GiB, from a sparse file", {
    timeout: 120_000,
  }, async () => {
    const block = new Uint8Array(64 * 1024 * 1024);
    const path = join(folder, "sparse.npz");
    async function* zeros() {
      for (let i = 0; i < 65; i++) yield block;
    }
    const shape = [65, block.length];
    const members: NpzMember[] = [
      { name: "big", dtype: "u1", shape, data: zeros() },
      { name: "behind", dtype: "u1", shape: [3], data: Uint8Array.of(7, 8, 9) },
    ];
    const file = openSync(path, "w");
    let at = 0;
    for await (const chunk of npzChunks(members)) {
      // Blocks of zeros are left out: the file has holes there.
      if (chunk.buffer !== block.buffer) writeSync(file, chunk, 0, chunk.length, at);
      at += chunk.length;
    }
    closeSync(file);
    expect(at).toBe(npzSize(members));
    const answer = await runPython(
      `
import sys, zipfile, numpy as np
path = sys.argv[1]
print([(info.filename, info.file_size) for info in zipfile.ZipFile(path).infolist()])
npz = np.load(path)
print(npz["behind"].tolist())
with zipfile.ZipFile(path).open("big.npy") as file:
    print(np.lib.format.read_magic(file), np.lib.format.read_array_header_1_0(file)[0])
`,
      path,
    );
    expect(answer).toBe(
      `[('big.npy', ${128 + 65 * block.length}), ('behind.npy', 131)]\n[7, 8, 9]\n(1, 0) (65, ${block.length})\n`,
    );
  });

  it("Python reads an archive of more than 65,535 members, and we read Python's", async () => {
    const ours = join(folder, "many.zip");
    const theirs = join(folder, "many-theirs.zip");
    const members = Array.from({ length: 66_000 }, (_, i) => ({
      name: `${i}`,
      size: 1,
      content: [Buffer.of(i & 255)],
    }));
    writeFileSync(ours, await collect(zipChunks(members)));
    const answer = await runPython(
      `
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
print(len(archive.namelist()), archive.testzip(), archive.read("65999")[0])
import numpy as np, io
out = io.BytesIO(); np.save(out, np.array([5])); array = out.getvalue()
with zipfile.ZipFile(sys.argv[2], "w") as other:
    for i in range(66000): other.writestr(f"{i}.npy" if i % 1000 == 0 else f"{i}", array if i % 1000 == 0 else b"")
`,
      ours,
      theirs,
    );
    expect(answer).toBe(`66000 None ${65_999 & 255}\n`);
    const npz = await openNpz(bytesReader(readFileSync(theirs)));
    expect(npz.names.length).toBe(66);
    expect([...(await npz.read("65000")).data]).toEqual([5n]);
  });
});
