import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bytesReader, parseTfRecordIndex, readNpy } from "../../src/formats/index.js";
import { lode, useFolder } from "./lode.js";

describe("lode generate", () => {
  const folder = useFolder();
  const run = (...argv: string[]) => lode(["generate", ...argv], { cwd: folder.path });
  const read = (name: string) => readFile(join(folder.path, name));
  const names = async (path = ".") => (await readdir(join(folder.path, path))).sort();

  it("writes numbered files that the same command writes again", async () => {
    const command = ["-o", "tar", "-n", "3", "-s", "100kB"];
    const { code, stdout } = await run(...command, "a");
    expect(code).toBe(0);
    expect(stdout).toBe("3 objects, 293 KiB written\n");
    expect(await names("a")).toEqual(["part-00000.tar", "part-00001.tar", "part-00002.tar"]);
    await run(...command, "b");
    await run(...command, "--seed", "1", "c");
    const first = await read("a/part-00002.tar");
    expect(first).toHaveLength(100_000);
    expect((await read("b/part-00002.tar")).equals(first)).toBe(true);
    expect((await read("c/part-00002.tar")).equals(first)).toBe(false);
  });

  it("writes arrays of a shape", async () => {
    await run(
      "-o",
      "NPY",
      "--dtype",
      "f4",
      "--shape",
      "1_000,2,3",
      "-t",
      "{:03}-of-{:02}.npy",
      ".",
    );
    const array = await readNpy(bytesReader(await read("000-of-01.npy")));
    expect([array.dtype, ...array.shape]).toEqual(["f4", 1000, 2, 3]);
  });

  it("writes an index beside each file of records", async () => {
    const { lines } = await run(
      ...["--json", "-o", "tfrecord", "--index-files", "--samples", "7", "-s", "10kB", "d"],
    );
    expect(lines).toMatchObject([
      { type: "item", status: "done", bytes: 10_000 },
      { type: "item", status: "done" },
      { type: "generate", objects: 2, failed: 0 },
    ]);
    expect(parseTfRecordIndex(await read("d/part-00000.tfrecord.idx"))).toHaveLength(7);
    expect((await run("-o", "tar", "--index-files", "d")).stderr).toMatch(/have no index files/);
  });

  it("goes on where it was interrupted", async () => {
    await run("-n", "3", "-s", "5000", "d");
    await folder.write({ "d/part-00001.npz": "half" });
    const { stdout } = await run("-n", "4", "-s", "5000", "--skip-existing", "d");
    expect(stdout).toBe("2 objects, 9.77 KiB written, 2 skipped\n");
    expect(await read("d/part-00001.npz")).toHaveLength(5000);
    const again = await run("--json", "-n", "4", "-s", "5000", "--skip-existing", "d");
    expect(again.lines.at(-1)).toMatchObject({ type: "generate", objects: 0, skipped: 4 });
  });

  it("takes a total size in place of a number", async () => {
    const { stdout } = await run("--total", "50kB", "-s", "5000", "--dry-run", "d");
    expect(stdout.match(/^would write .*part-0000\d\.npz \(5000 bytes\)$/gm)).toHaveLength(10);
    expect(await names()).toEqual([]);
    expect((await run("--total", "1MB", "-n", "2", "d")).stderr).toMatch(/not both/);
  });

  it.each([
    [["--shape", "2x3"], "--shape cannot be"],
    [["-s", "1kB", "--shape", "2"], "not both"],
    [["-o", "raw", "--dtype", "f4"], "dtype has no meaning for an object of type RAW"],
    [["--dtype", "<f4"], '"<f4" are not generated'],
    [["-o", "hdf5", "-s", "1"], "smallest HDF5 object"],
    [["-t", "same", "-n", "2"], "same name"],
  ])("refuses %j before it writes anything", async (argv, message) => {
    const { code, stderr } = await run(...argv, "d");
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(await names()).toEqual([]);
  });

  it("tells each object that could not be written, and of all in the end", async () => {
    await folder.write({ file: "in the way" });
    const { code, lines, stderr } = await run("--json", "-n", "2", "-s", "1000", "file/");
    expect(code).toBe(3);
    expect(lines).toMatchObject([
      { type: "item", status: "failed", error: { code: "invalid-key" } },
      { type: "item", status: "failed" },
      { type: "generate", objects: 0, failed: 2, bytes: 0 },
      { error: { code: "partial-failure", details: { failed: 2 } } },
    ]);
    expect(stderr).toMatch(/2 of 2 objects failed/);
  });

  it("warns that memory ends with the command", async () => {
    expect((await run("-s", "1kB", "mem://lode-generate")).stderr).toMatch(/gone when it ends/);
  });
});
