import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sideBySide } from "../../src/core/index.js";
import { SqliteDatabase } from "../../src/index/index.js";
import { RUN_STATUSES, RUN_TYPES, RunStore } from "../../src/runs/index.js";
import { lode } from "./lode.js";

const RUNS = 210;

let folder: string;
let cache: string;
const at = (...path: string[]) => join(folder, ...path);

async function run(...argv: string[]) {
  return lode(["run", ...argv], { cwd: folder, env: { XDG_CACHE_HOME: cache } });
}

/** What a terminal is shown. */
async function shown(...argv: string[]): Promise<string> {
  const options = { cwd: folder, env: { XDG_CACHE_HOME: cache }, terminal: 80 };
  return (await lode(["run", ...argv], options)).stderr;
}

const catalogues = async () =>
  (await readdir(join(cache, "lodestore", "catalogues"))).filter((name) => name.endsWith(".db"));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lode-run-index-"));
  await using store = await RunStore.open(`file://${at(".lode/runs")}`, {
    env: {},
    clock: { now: () => (time += 1000), sleep: async () => undefined },
  });
  let time = Date.parse("2026-01-01T00:00:00Z");
  const common = await store.storeData([1, 2], "common");
  const rare = await store.storeData("rare", "rare");
  await sideBySide([...Array(RUNS).keys()], 16, undefined, async (i) => {
    const made = await store.createRun({
      // Keys of ids sort otherwise than ids.
      runId: i % 7 === 0 ? `run ${i}` : `run-${i}`,
      runType: RUN_TYPES[i % RUN_TYPES.length],
      ...(i % 3 === 0 ? {} : { project: `project ${i % 5}` }),
      tags: { region: `r${i % 4}`, "odd\0": "nul\0 \u2400 \ud800", __proto__x: "y" },
      params: { lr: i / 10, deep: { layers: [i, null] }, text: "\u2400" },
      metrics: { auc: i / RUNS, nan: Number.NaN, low: Number.NEGATIVE_INFINITY, zero: -0 },
    });
    const status = RUN_STATUSES[i % RUN_STATUSES.length];
    if (status === "finished") made.finish();
    if (status === "failed") made.fail(new Error("it"));
    if (status === "killed") made.kill();
    await store.addRunOutput(made, "z", common);
    await store.addRunInput(made, "last \u2400 name", common);
    await store.addRunInput(made, "common", common);
    if (i % 50 === 0) await store.addRunInput(made, "rare", rare);
    await store.saveManifest(made);
  });
  for (const i of [1, 2, 3]) await store.deleteRun(`run-${i}`);
  // Runs of the same time, one of mltrack's, and what is damaged.
  for (const runId of ["b", "B", "ä"]) {
    time = Date.parse("2026-02-01T00:00:00Z") - 1000;
    await store.saveManifest(await store.createRun({ runId, tags: { region: "same" } }));
  }
  await store.store.put(
    "manifests/mltrack_run.json",
    JSON.stringify({
      ...{ run_id: "mltrack_run", run_type: "production", project: "project 1" },
      ...{ created_at: "2026-01-01T00:01:00", inputs: {}, outputs: {}, metrics: { auc: 0.5 } },
      ...{ tags: { region: "r1" }, storage_modes: [], storage_locations: [], model_path: null },
    }),
  );
  await cp(at(".lode/runs"), at("damaged"), { recursive: true });
  await writeFile(at("damaged/heads/run-4.json"), "{}");
  for (const id of ["run-5", "run-3"]) {
    for (const name of await readdir(at("damaged/manifests", id))) {
      await writeFile(at("damaged/manifests", id, name), "{}");
    }
  }
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "lode-run-cache-"));
});

afterEach(() => rm(cache, { recursive: true, force: true }));

const LISTINGS: readonly string[][] = [
  [],
  ["--json"],
  ["--json", "--limit", "7"],
  ["--limit", "300"],
  ["--json", "--status", "failed"],
  ["--type", "evaluation", "--status", "running"],
  ["--project", "project 1"],
  ["--project", "absent"],
  ["--tag", "region=r1"],
  ["--tag", "region=r1", "--tag", "__proto__x=y", "--limit", "3"],
  ["--json", "--tag", "region=same"],
  ["--since", "2026-01-01T00:05:00Z", "--until", "2026-01-01T00:10:00Z"],
  ["--since", "2026-02-01", "--until", "2026-02-02"],
  ["--json", "--deleted"],
  ["--deleted", "--tag", "region=r1"],
];

/** What cannot be read is told as it is found, before the runs. */
function inAnyOrder(text: string, word: string): string[] {
  const lines = text.split("\n");
  const those = lines.filter((line) => line.includes(word));
  return [...those.sort(), ...lines.filter((line) => !line.includes(word))];
}

describe("lode run ls", () => {
  it.each(LISTINGS.map((options) => [options]))(
    "tells the same of %j with and without the index",
    async (options) => {
      const words = ["ls", "--store", "damaged", ...options];
      const direct = await run(...words, "--no-index");
      const indexed = await run(...words);
      expect(inAnyOrder(indexed.stdout, "unreadable")).toEqual(
        inAnyOrder(direct.stdout, "unreadable"),
      );
      expect(indexed.stderr.split("\n").sort()).toEqual(direct.stderr.split("\n").sort());
      expect(indexed.code).toBe(0);
      // Nothing has changed since.
      expect(await run(...words)).toMatchObject({ stdout: indexed.stdout, stderr: indexed.stderr });
      expect(await catalogues()).toHaveLength(1);
    },
  );

  it("asks the index, and not each run", async () => {
    await run("ls");
    await falsify("UPDATE runs SET project = 'from the index' WHERE run_id = 'run-8'");
    expect((await run("ls", "--project", "from the index", "--json")).lines).toMatchObject([
      { id: "run-8", project: "from the index" },
    ]);
    expect((await run("ls", "--no-index", "--project", "from the index")).stdout).toBe("");
  });

  it("shows how many runs it has read, if it reads any", async () => {
    expect(await shown("ls")).toMatch(/ls {2}128 runs read.*ls {2}\d+ runs read/s);
    // The one of mltrack's is not in the catalogue.
    expect(await shown("ls")).not.toMatch(/\d+ runs read/);
    expect(await shown("ls", "--no-index")).toContain("ls  200 runs read");
  });

  it("reads a store of few runs without one", async () => {
    await run(
      "put",
      "--store",
      "few",
      "--run",
      "a",
      "--input",
      "--create",
      "--name",
      "x",
      ".lode/runs/heads/b.json",
    );
    expect((await run("ls", "--store", "few", "--json")).lines).toMatchObject([{ id: "a" }]);
    expect(await readdir(cache)).toEqual([]);
  });
});

/** Has the index call a run otherwise, which the store does not know. */
async function falsify(sql: string): Promise<void> {
  const [name = ""] = await catalogues();
  using database = await SqliteDatabase.open(join(cache, "lodestore", "catalogues", name));
  database.run(sql);
}

describe("lode run find", () => {
  it("tells the same with and without the index", async () => {
    const [common] = (await run("names", "common", "--json")).lines;
    for (let filled = 0; filled < 2; filled++) {
      for (const data of ["common", "rare", `${common?.hash}`, `${common?.digest}`, "run-8:z"]) {
        const direct = await run("find", "--no-index", data, "--json");
        expect(direct.lines.length).toBeGreaterThan(3);
        expect(await run("find", data, "--json")).toMatchObject({ code: 0, stdout: direct.stdout });
      }
      await run("ls");
    }
  });

  it("asks an index that is filled, of data that many runs use", async () => {
    await run("ls");
    await falsify("UPDATE uses SET name = 'from the index'");
    expect((await run("find", "common")).stdout).toContain("run-8  output  from the index\n");
    expect((await run("find", "rare")).stdout).toContain("run-50  input  rare\n");
    expect((await run("find", "common", "--no-index")).stdout).toContain("run-8  output  z\n");
  });

  it("fails for damage only where one of the runs has it", async () => {
    await run("ls", "--store", "damaged");
    for (const index of [[], ["--no-index"]]) {
      expect((await run("find", "common", "--store", "damaged", ...index)).code).toBe(15);
      expect((await run("find", "rare", "--store", "damaged", ...index)).code).toBe(0);
    }
  });
});

describe("the index of runs", () => {
  /** The lines that are told besides. */
  async function without(): Promise<string[]> {
    const direct = await run("ls", "--no-index");
    const { stdout, stderr, code } = await run("ls");
    expect({ stdout, code }).toEqual({ stdout: direct.stdout, code: 0 });
    expect(stdout.split("\n").length).toBeGreaterThan(RUNS);
    return stderr.split("\n").filter((line) => line !== "");
  }

  it("is done without, in one line, where its folder cannot be written", async () => {
    await rm(cache, { recursive: true });
    await writeFile(cache, "no folder");
    expect(await without()).toEqual([
      expect.stringMatching(/cannot be written \(ENOTDIR\): every run will be read$/),
    ]);
  });

  it("is made anew, in one line, where it is damaged", async () => {
    await run("ls");
    const [name = ""] = await catalogues();
    const path = join(cache, "lodestore", "catalogues", name);
    // A new file: a connection of this process ends when its memory is collected, and may write to the old one.
    for (const ending of ["", "-wal", "-shm"]) await rm(`${path}${ending}`, { force: true });
    await writeFile(path, "garbage ".repeat(1000));
    expect(await without()).toEqual([
      expect.stringMatching(/the catalogue is made anew from the store$/),
    ]);
    expect(await without()).toEqual([]);
  });

  it("is done without where a newer version made it", async () => {
    await run("ls");
    await falsify("PRAGMA user_version = 99");
    expect(await without()).toEqual([expect.stringMatching(/update Lodestore$/)]);
  });
});
