import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { utilisationOf } from "../../src/app/operations/index.js";
import { lode, useFolder } from "./lode.js";

describe("lode bench loader", () => {
  const folder = useFolder();
  const run = (...argv: string[]) => lode(["bench", "loader", ...argv], { cwd: folder.path });
  const generate = (...argv: string[]) => lode(["generate", ...argv], { cwd: folder.path });

  it.each([
    ["tar", "tar", ["--samples", "10"], 20],
    ["tfrecord", "tfrecord", ["--samples", "10"], 20],
    ["npz", "npz", ["--samples", "10"], 2],
    ["parquet", "parquet", ["--samples", "10"], 2],
    ["raw", "objects", [], 2],
  ])("reads what generate made as %s, each sample once an epoch", async (type, format, more, n) => {
    await generate("-o", type, "-n", "2", "-s", "40kB", ...more, "d");
    const { code, lines } = await run("--json", "--batch-size", "2", "--epochs", "3", "d");
    expect(code).toBe(0);
    expect(lines).toMatchObject([
      { type: "bench-loader", format, batchSize: 2, computeSeconds: 0, samples: 3 * n },
    ]);
    const [{ epochs, bytes, utilisation }] = lines as [Record<string, unknown>];
    expect(epochs).toHaveLength(3);
    expect(bytes).toBeGreaterThan(3 * 30_000);
    expect(utilisation).toBeUndefined();
  });

  it("leaves incomplete batches out, and ends epochs after so many steps", async () => {
    await generate("-o", "tar", "-s", "40kB", "--samples", "10", "d");
    const all = await run("--json", "--batch-size", "3", "d/");
    expect(all.lines).toMatchObject([{ samples: 9, epochs: [{ steps: 3 }] }]);
    const some = await run("--json", "--batch-size", "2", "--steps", "3", "--epochs", "2", "d/*");
    expect(some.lines).toMatchObject([{ samples: 12, epochs: [{ steps: 3 }, { steps: 3 }] }]);
    const none = await run("--batch-size", "11", "d");
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toMatch(/less than one batch/);
  });

  it("prepares a shape's files once, and tells the utilisation", async () => {
    const prepare = ["--prepare", "--files", "3", "--samples", "8", "--sample-size", "500"];
    const shape = ["--shape", "resnet50", "--batch-size", "4", "--compute-time", "20ms"];
    const { code, stdout, stderr } = await run(...shape, ...prepare, "-v", "r");
    expect(code).toBe(0);
    expect(stderr).toMatch(/prepared: 3 files written, 12\.1 KiB/);
    expect(stdout).toMatch(
      /^\S+\/r\/ \(tfrecord, resnet50 on h100\): 1 epoch, 6 steps, batches of 4, 20 ms of compute time each\n24 samples, .* GB\/s\)\nfirst batch after .*\nAU [0-9.]+ %, (passes \(90 %\)|below 90 %)\n$/,
    );
    const before = await stat(join(folder.path, "r/part-00002.tfrecord"));
    const { lines } = await run("--json", ...shape, ...prepare, "r");
    expect((await stat(join(folder.path, "r/part-00002.tfrecord"))).mtimeMs).toBe(before.mtimeMs);
    const [{ utilisation, passes }] = lines as [{ utilisation: number; passes: boolean }];
    expect(utilisation).toBeGreaterThan(0);
    expect(passes).toBe(utilisation >= 90);
  });

  it("tells with --dry-run what it would prepare", async () => {
    const { code, stdout } = await run(
      ...[
        "--shape",
        "unet3d",
        "--prepare",
        "--files",
        "2",
        "--sample-size",
        "10kB",
        "--dry-run",
        "u",
      ],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^would write \S+\/u\/part-00000\.npz \(\d+ bytes\)\nwould write \S+\/u\/part-00001\.npz \(\d+ bytes\)\n$/,
    );
    expect(await readdir(folder.path)).toEqual([]);
    expect((await run("--dry-run", "u")).stderr).toMatch(
      /--dry-run are about what --prepare writes/,
    );
  });

  it("varies the sizes of unet3d's files", async () => {
    const { code, lines } = await run(
      ...["--json", "--shape", "unet3d", "--accelerator", "a100", "--compute-time", "1ms"],
      ...["--batch-size", "3", "--prepare", "--files", "6", "--sample-size", "100kB", "u"],
    );
    expect(code).toBe(0);
    expect(lines).toMatchObject([{ shape: "unet3d", accelerator: "a100", samples: 6 }]);
    const names = await readdir(join(folder.path, "u"));
    const sizes = await Promise.all(
      names.map(async (name) => (await stat(join(folder.path, "u", name))).size),
    );
    expect(new Set(sizes).size).toBe(6);
    expect(Math.min(...sizes)).toBeLessThan(100_000);
    expect(Math.max(...sizes)).toBeGreaterThan(100_000);
  });

  it("refuses what cannot be", async () => {
    const failed = async (message: RegExp, ...argv: string[]) => {
      const { code, stderr } = await lode(["bench", ...argv], { cwd: folder.path });
      expect(stderr).toMatch(message);
      return code;
    };
    expect(await failed(/did you mean loader/, "loadr", "d")).toBe(2);
    expect(await failed(/none of resnet50, unet3d/, "loader", "--shape", "bert", "d")).toBe(2);
    expect(await failed(/--prepare/, "loader", "--files", "3", "d")).toBe(2);
    expect(await failed(/for a shape/, "loader", "--prepare", "d")).toBe(2);
    expect(await failed(/d/, "loader", "d")).toBe(10);
  });
});

describe("utilisationOf", () => {
  it("is compute time by running time behind the first step", () => {
    expect(utilisationOf(11, 0.2, 2)).toBe(100);
    expect(utilisationOf(11, 0.2, 4)).toBe(50);
    expect(utilisationOf(1, 0.2, 0)).toBeUndefined();
    expect(utilisationOf(11, 0, 4)).toBeUndefined();
  });
});
