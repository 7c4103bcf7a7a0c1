import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { sideBySide } from "../../src/core/index.js";
import { RunCatalogue, RunStore } from "../../src/runs/index.js";
import { lode, useFolder } from "./lode.js";

vi.mock("libsql", () => ({
  get default() {
    throw new Error("no native code for this platform");
  },
}));

const folder = useFolder();

it("lode run ls goes without an index, in one line, where SQLite cannot be loaded", async () => {
  const root = join(folder.path, "runs");
  await mkdir(root);
  const runs = RunCatalogue.FEW_RUNS + 1;
  {
    await using store = await RunStore.open(`file://${root}`, { env: {} });
    await sideBySide([...Array(runs).keys()], 16, undefined, async (i) =>
      store.saveManifest(await store.createRun({ runId: `run-${i}` })),
    );
  }
  const ls = (...options: string[]) =>
    lode(["run", "ls", "--store", "runs", ...options], { cwd: folder.path });
  const { stdout, stderr, code } = await ls();
  expect(code).toBe(0);
  expect(stdout.split("\n")).toHaveLength(runs + 1);
  expect(stderr).toMatch(/^.*runs are read one by one: SQLite cannot be loaded on .*\n$/);
  expect(await ls("--no-index")).toMatchObject({ stdout, stderr: "" });
});
