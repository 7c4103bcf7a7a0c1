import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { RunStore, tableOf } from "../../src/runs/index.js";
import { openStore } from "../../src/storage/index.js";
import { goldenStore, snapshot } from "../runs/legacy/golden.js";
import { lode, useFolder } from "./lode.js";

const folder = useFolder();
const at = (...path: string[]) => join(folder.path, ...path);
const run = (...argv: string[]) => lode(["run", ...argv], { cwd: folder.path });
/** With the store of the settings, `.lode/runs`. */
const open = () => RunStore.open(`file://${at(".lode/runs")}`, { env: {} });

async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(at(path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(at(path).length + 1))
    .sort();
}

/** Two runs with tables, parameters and tags. */
async function twoRuns(): Promise<void> {
  await using store = await open();
  for (const [id, rows, metric] of [
    ["a", [{ x: 1, y: "p" }], 0.5],
    [
      "b",
      [
        { x: 1.5, z: true },
        { x: 2.5, z: false },
      ],
      0.75,
    ],
  ] as const) {
    const made = await store.createRun({
      runId: id,
      project: "churn",
      tags: { region: id === "a" ? "eu" : "us" },
      params: { lr: 0.1 },
      metrics: { auc: metric },
    });
    await store.addRunInput(made, "table", tableOf(rows as never));
    await store.addRunInput(made, "same", "text");
    made.finish();
    await store.saveManifest(made);
  }
}

describe("lode run put, get", () => {
  beforeEach(async () => {
    await folder.write({
      "data.csv": "a,b\n1,2\n",
      "model/config.json": "{}",
      "model/weights/w0.bin": "weights ".repeat(1000),
    });
  });

  it("keeps files by their names, and gives them back", async () => {
    const stored = await run("put", "data.csv", "--metadata", "split=train");
    expect(stored.code).toBe(0);
    expect(stored.stdout).toMatch(/^[0-9a-f]{64} {2}data\.csv\n$/);
    expect(stored.stderr).toBe("data.csv: file, 8 B, 8 B new, 0 B reused, 8 B written\n");
    const blob = stored.stdout.slice(0, 64);
    const again = await run("put", "data.csv", "--name", "copy", "--json");
    expect(again.lines).toMatchObject([
      { type: "stored", valueType: "file", name: "copy", hash: blob, bytes: 8, reusedBytes: 8 },
    ]);
    for (const word of ["data.csv", "copy", blob, blob.slice(0, 8), `bytes-v1:${blob}`]) {
      expect((await run("get", word)).stdout, word).toBe("a,b\n1,2\n");
    }
    expect((await run("names", "--json")).lines).toMatchObject([
      { type: "data", name: "copy" },
      { name: "data.csv", metadata: { split: "train" } },
    ]);
    const forgotten = await run("forget", "copy", "--json");
    expect(forgotten.lines).toMatchObject([{ type: "forgotten", blob, dryRun: false }]);
    expect((await run("names")).stdout).toContain("data.csv  file  8      -");
    expect((await run("forget", "copy")).code).toBe(10);
  });

  it("writes into files and folders, and replaces only if told", async () => {
    await run("put", "data.csv");
    await mkdir(at("out"));
    expect((await run("get", "data.csv", "out")).stderr).toBe("out/data.csv: 8 B\n");
    expect((await run("get", "data.csv", "out/data.csv")).code).toBe(11);
    await writeFile(at("out/data.csv"), "other");
    expect((await run("get", "data.csv", "out/", "--replace", "--json")).lines).toMatchObject([
      { type: "got", target: "out/data.csv", bytes: 8 },
    ]);
    expect(await readFile(at("out/data.csv"), "utf8")).toBe("a,b\n1,2\n");
    await run("get", "data.csv", `file://${at("new")}/`);
    expect(await filesBelow("new")).toEqual(["data.csv"]);
    expect((await run("get", "data.csv", "x", "--path", "a", "--rows")).code).toBe(2);
  });

  it("stores folders, and gives all or some of their files", async () => {
    expect((await run("put", "model")).stderr).toContain("model: tree, 8.25 KiB, 8.25 KiB new, ");
    expect((await run("put", "model", "--name", "again", "--json")).lines).toMatchObject([
      { valueType: "tree", bytes: 8002, reusedBytes: 8002, storedBytes: 0 },
    ]);
    expect((await run("get", "model", "all")).stderr).toBe("all: 2 files, 7.81 KiB\n");
    expect(await filesBelow("all")).toEqual(["config.json", "weights/w0.bin"]);
    expect((await run("get", "model", "all")).stderr).toBe("all: 0 files, 0 B, 2 there already\n");
    await run("get", "model", "some", "--path", "weights/*");
    expect(await filesBelow("some")).toEqual(["weights/w0.bin"]);
    await run("get", "model", "folder", "--path", "weights");
    expect(await filesBelow("folder")).toEqual(["weights/w0.bin"]);
    await run("get", "model", "one.json", "--path", "config.json");
    expect(await readFile(at("one.json"), "utf8")).toBe("{}");
    expect((await run("get", "model", "none", "--path", "absent")).code).toBe(10);
    expect((await run("get", "model", "--path", "config.json")).stdout).toBe("{}");
    expect(await run("get", "model")).toMatchObject({ code: 2, stdout: "" });
    expect((await run("get", "model", "--path", "absent")).code).toBe(10);
  });

  it("tells on a terminal how far it is, also where all is there", async () => {
    await folder.write({ "big/file": "chunk of text ".repeat(300_000), "big/small": "s" });
    const put = (...more: string[]) =>
      lode(["run", "put", "big", ...more], { cwd: folder.path, terminal: 100 });
    const status = /put big {2}([\d.]+ \w+) {2}[\d.]+ \w+\/s {2}0 values/g;
    const sizes = async (...more: string[]) =>
      [...(await put(...more)).stderr.matchAll(status)].map(([, size]) => size);
    expect((await sizes()).length).toBeGreaterThan(2);
    expect((await sizes()).at(-1)).toBe("4.01 MiB");
    expect(await sizes("--no-progress")).toEqual([]);
    expect((await put("--json")).lines).toMatchObject([
      { type: "stored", bytes: 4_200_001, reusedBytes: 4_200_001, storedBytes: 0 },
    ]);
  });

  it("remembers folders, so that what has not changed is not read again", async () => {
    const put = (state: string, ...more: string[]) =>
      lode(["run", "put", "model", ...more], {
        cwd: folder.path,
        env: { XDG_STATE_HOME: at(state) },
      });
    expect((await put("state")).code).toBe(0);
    expect(await filesBelow("state")).toEqual([expect.stringMatching(/^lode\/trees\/.*\.stat$/)]);
    expect((await put("other", "--rehash")).code).toBe(0);
    expect(await readdir(folder.path)).not.toContain("other");
  });

  it("takes standard input, which needs a name", async () => {
    const put = ["run", "put", "-"];
    const options = { cwd: folder.path, stdin: "piped" };
    expect((await lode(put, options)).code).toBe(2);
    const stored = await lode([...put, "--name", "log.txt"], options);
    expect(stored.stderr).toBe("log.txt: file, 5 B, 5 B new, 0 B reused, 5 B written\n");
    expect((await run("get", "log.txt")).stdout).toBe("piped");
  });

  it("reads files as what they are told to be", async () => {
    await folder.write({ "one.json": '{"b": 1, "a": 2}', "two.json": '{"a":2,"b":1}' });
    const stored = await run("put", "one.json", "two.json", "--type", "json", "--json");
    const [one, two] = stored.lines;
    expect(one?.valueType).toBe("json");
    expect(one?.hash).toBe(two?.hash);
    expect((await run("get", "one.json")).stdout).toBe('{"a":2,"b":1}');
    expect((await run("put", "data.csv", "--type", "json")).code).toBe(15);
    expect((await run("put", "data.csv", "--type", "tabel")).stderr).toContain("give one of file");
    expect((await run("put", "data.csv", "--type", "tree")).code).toBe(2);
    expect((await run("put", "absent")).code).toBe(10);
  });

  it("gives them to a run, which it makes if told", async () => {
    expect((await run("put", "data.csv", "--run", "r1", "--input")).code).toBe(10);
    expect((await run("put", "data.csv", "--run", "r1")).code).toBe(2);
    expect((await run("put", "data.csv", "--input")).code).toBe(2);
    const more = ["--create", "--project", "p", "--run-type", "evaluation", "--tag", "k=v"];
    const made = await run("put", "data.csv", "--run", "r1", "--input", ...more, "--json");
    expect(made.lines).toMatchObject([{ name: "data.csv", run: "r1", revision: 1 }]);
    await run("put", "model", "--run", "r1", "--output", "--finish");
    expect((await run("ls", "--json")).lines).toMatchObject([
      {
        ...{ id: "r1", runType: "evaluation", project: "p", status: "finished", revision: 2 },
        ...{ tags: { k: "v" }, inputs: 1, outputs: 1 },
      },
    ]);
    expect((await run("get", "r1:data.csv")).stdout).toBe("a,b\n1,2\n");
    expect((await run("get", "r1:model", "--path", "config.json")).stdout).toBe("{}");
    expect((await run("get", "r1:absent")).stderr).toContain('it has "model", "data.csv"');
    await writeFile(at("data.csv"), "changed");
    const other = ["put", "data.csv", "--run", "r1", "--input"];
    expect((await run(...other)).code).toBe(11);
    expect((await run(...other, "--replace")).code).toBe(0);
  });

  it("gives columns and rows of a table", async () => {
    await twoRuns();
    expect((await run("get", "b:table", "--rows")).stdout).toBe(
      '{"x":1.5,"z":true}\n{"x":2.5,"z":false}\n',
    );
    await run("get", "b:table", "z.parquet", "--columns", "z");
    await run("put", "z.parquet");
    expect((await run("get", "z.parquet", "--rows")).stdout).toBe('{"z":true}\n{"z":false}\n');
    expect((await run("get", "b:same", "--rows")).code).toBe(2);
  });
});

describe("lode run ls, show, log, diff, find", () => {
  beforeEach(twoRuns);

  it("lists those that are asked for", async () => {
    const { stdout } = await run("ls");
    expect(stdout.replaceAll(/^\S+ \S+/gm, "TIME")).toBe(
      "TIME  finished  experiment  churn  a  auc=0.5  region:eu\n" +
        "TIME  finished  experiment  churn  b  auc=0.75  region:us\n",
    );
    const ids = async (...options: string[]) =>
      (await run("ls", "--json", ...options)).lines.map(({ id }) => id);
    expect(await ids("--tag", "region=us")).toEqual(["b"]);
    expect(await ids("--project", "other")).toEqual([]);
    expect(await ids("--status", "running")).toEqual([]);
    expect(await ids("--type", "experiment", "--since", "1h", "--limit", "1")).toHaveLength(1);
    expect(await ids("--until", "2026-01-01")).toEqual([]);
    expect((await run("ls", "--type", "exp")).stderr).toContain("give one of experiment");
    expect((await run("ls", "--revision", "1")).code).toBe(2);
    expect((await run("ls", "a")).stderr).toContain("is written lode run ls");
    expect((await run("lst")).stderr).toContain("did you mean ls");
  });

  it("shows one, and its revisions", async () => {
    const { stdout } = await run("show", "a");
    expect(stdout).toMatch(/^a\ntype {6}experiment\nproject {3}churn\n/);
    expect(stdout).toMatch(/input {2}table {2}table {2}\d+ +1x2 +[0-9a-f]{12}\n/);
    await run("views", "add", "a", "flat");
    expect((await run("show", "a", "--json")).lines).toMatchObject([
      { type: "run", id: "a", revision: 2, storageModes: ["by_project", "flat"] },
    ]);
    expect((await run("show", "a", "--revision", "1", "--json")).lines).toMatchObject([
      { storageModes: ["by_project"] },
    ]);
    expect((await run("log", "a", "--json")).lines).toMatchObject([
      { type: "revision", revision: 1 },
      { revision: 2, storageModes: ["by_project", "flat"] },
    ]);
    expect(await run("show", "absent")).toMatchObject({ code: 10, stdout: "" });
  });

  it("tells what differs", async () => {
    const { code, stdout } = await run("diff", "a", "b");
    expect(code).toBe(0);
    expect(stdout.replaceAll(/[0-9a-f]{12}/g, "BLOB")).toBe(
      "=  input   same     text 4 bytes BLOB\n" +
        "~  input   table    table 1x2 BLOB -> table 2x2 BLOB (columns +z -y)\n" +
        "=  fact    project  churn\n" +
        "=  fact    runType  experiment\n" +
        "=  fact    status   finished\n" +
        "=  param   lr       0.1\n" +
        "~  metric  auc      0.5 -> 0.75\n" +
        "~  tag     region   eu -> us\n",
    );
    expect((await run("diff", "a", "b", "--exit-code")).code).toBe(1);
    expect(await run("diff", "a", "a", "--exit-code")).toMatchObject({
      code: 0,
      stderr: "no difference\n",
    });
    expect((await run("diff", "a", "b", "--json")).lines[1]).toMatchObject({
      ...{ type: "difference", field: "input", name: "table", state: "changed" },
      columns: { added: ["z"], removed: ["y"], retyped: [] },
    });
  });

  it("finds who uses data, by what it is and by equal files", async () => {
    const both = "a  input  same\nb  input  same\n";
    expect((await run("find", "a:same")).stdout).toBe(both);
    await writeFile(at("note.txt"), "text");
    expect((await run("find", "note.txt")).stdout).toBe(both);
    await run("put", "note.txt", "--run", "b", "--output");
    const digest = /[0-9a-f]{64}/.exec((await run("find", "note.txt", "--json")).stdout)?.[0];
    expect((await run("find", `bytes-v1:${digest}`)).stdout).toContain("b  output  note.txt\n");
    await writeFile(at("note.txt"), "other");
    expect(await run("find", "note.txt")).toMatchObject({ code: 0, stdout: "" });
    const [use] = (await run("find", "b:table", "--json")).lines;
    expect(use).toMatchObject({ type: "use", run: "b", role: "input", name: "table" });
    expect((await run("find", String(use?.digest))).stdout).toBe("b  input  table\n");
    expect((await run("find", "absent")).code).toBe(10);
  });
});

describe("lode run rm, restore, views, gc", () => {
  beforeEach(twoRuns);

  it("deletes and restores", async () => {
    expect((await run("rm", "a", "--dry-run")).stdout).toBe("would delete run a\n");
    await run("rm", "a");
    expect((await run("ls", "--json")).lines).toMatchObject([{ id: "b" }]);
    expect((await run("ls", "--deleted", "--json")).lines).toMatchObject([{ id: "a" }]);
    expect((await run("rm", "a", "--json")).lines).toMatchObject([{ changed: false }]);
    expect((await run("restore", "a", "--json")).lines).toMatchObject([{ changed: true }]);
    expect((await run("show", "a")).code).toBe(0);
    expect((await run("rm", "absent")).code).toBe(10);
  });

  it("shows views, changes and mends them", async () => {
    const keys = async (...words: string[]) =>
      (await run("views", ...words, "--json")).lines.map(({ key }) => key);
    const churn = ["runs/by_project/churn/a/run.json", "runs/by_project/churn/b/run.json"];
    expect(await keys()).toEqual(churn);
    await run("views", "add", "b", "{tag.region}");
    expect(await keys("ls", "{tag.region}")).toEqual(["runs/custom/_tag.region_/us/b/run.json"]);
    await run("views", "rm", "b", "by_project");
    expect(await keys("ls", "by_project")).toEqual(churn.slice(0, 1));
    await rm(at(".lode/runs", churn[0]!));
    const dry = await run("views", "rebuild", "--dry-run");
    expect(dry.stdout).toBe(`would write ${churn[0]}\n`);
    expect((await run("views", "rebuild", "--json")).lines).toMatchObject([
      { type: "mended", action: "write", key: churn[0] },
      { type: "views-summary", runs: 2, written: 1, deleted: 0 },
    ]);
    expect((await run("views", "add", "b")).code).toBe(2);
    expect((await run("views", "add", "b", "by_prject")).stderr).toContain("by_project");
  });

  it("collects what nothing needs, in steps", async () => {
    await run("rm", "b");
    const gc = async (...more: string[]) =>
      (await run("gc", "--grace", "0s", "--restore-window", "0s", "--json", ...more)).lines;
    expect(await gc("--dry-run")).toMatchObject([
      { type: "purged", run: "b", dryRun: true },
      { type: "gc-summary", condemned: { blobs: 0 } },
    ]);
    expect(await gc()).toMatchObject([
      { type: "purged", run: "b" },
      { purged: 1, condemned: { blobs: 1 }, deleted: { blobs: 0 }, missing: [] },
    ]);
    expect(await gc()).toMatchObject([{ deleted: { blobs: 1 }, condemned: { blobs: 0 } }]);
    expect((await run("get", "a:table", "--rows")).stdout).toBe('{"x":1,"y":"p"}\n');
    expect((await run("gc")).stdout).toContain("condemned      0 blobs, 0 packs, 0 B\n");
  });
});

describe("lode run verify, stats", () => {
  beforeEach(twoRuns);

  it("finds damage, and exits with 15", async () => {
    const sound = await run("verify", "--mode", "full");
    expect(sound).toMatchObject({ code: 0, stdout: "" });
    expect(sound.stderr).toContain("3 blobs and 0 packs are sound (3 and 0 of them read, ");
    await cp(at(".lode/runs"), at("mirror"), { recursive: true });
    const [data = ""] = (await filesBelow(".lode/runs/data")).filter((key) => /\.txt$/.test(key));
    await writeFile(at(".lode/runs/data", data), "TEXT");
    expect((await run("verify")).code).toBe(0);
    const found = await run("verify", "--mode", "full", "--json");
    expect(found.code).toBe(15);
    expect(found.lines).toMatchObject([
      { type: "finding", kind: "corrupt", key: `data/${data}` },
      { type: "verify-summary", sound: false, findings: { corrupt: 1 } },
      { error: { code: "integrity" } },
    ]);
    expect((await run("get", "a:same")).code).toBe(15);
    expect((await run("verify", "--mode", "ful")).code).toBe(2);
    expect((await run("verify", "--dry-run")).code).toBe(2);
    const repaired = await run("verify", "--repair", "--mirror", "mirror", "--json");
    expect(repaired.code).toBe(0);
    expect(repaired.lines).toMatchObject([
      { type: "repaired", kind: "corrupt", remedy: "fetched" },
      { type: "repair-summary", repaired: 1, left: 0, sound: true },
    ]);
    expect((await run("get", "a:same")).stdout).toBe("text");
  });

  it("finds and mends a damaged head, which is not read till then", async () => {
    await run("views", "add", "a", "flat");
    const head = at(".lode/runs/heads/a.json");
    const right = await readFile(head, "utf8");
    await writeFile(head, right.slice(0, 40));
    await writeFile(at(".lode/runs/manifests/b.json"), "{");
    const shown = await run("show", "a");
    expect(shown.code).toBe(15);
    expect(shown.stderr).toContain("lode run verify --repair");
    const found = await run("verify", "--json");
    expect(found.code).toBe(15);
    expect(found.lines).toMatchObject([
      { type: "finding", kind: "corrupt", key: "heads/a.json" },
      { type: "finding", kind: "corrupt", key: "manifests/b.json" },
      { type: "verify-summary", sound: false, findings: { corrupt: 2 } },
      { error: { code: "integrity" } },
    ]);
    const repair = ["verify", "--repair", "--mode", "quick"];
    expect((await run(...repair, "--dry-run")).stdout).toContain("would be rebuilt  heads/a.json");
    const repaired = await run(...repair);
    expect(repaired.code).toBe(0);
    expect(repaired.stdout).toMatch(
      /^rebuilt {2}heads\/a.json: .* revision 2 is what it leads to\n/,
    );
    expect(await readFile(head, "utf8")).toBe(right);
    expect(await filesBelow(".lode/runs/damaged")).toEqual([
      expect.stringMatching(/^[^/]+\/heads\/a.json$/),
      expect.stringMatching(/^[^/]+\/manifests\/b.json$/),
    ]);
    expect(await run("verify")).toMatchObject({ code: 0, stdout: "" });
    expect((await run("views", "rebuild", "--dry-run")).stdout).toBe("");
  });

  it("measures what there is", async () => {
    const [stats] = (await run("stats", "--json")).lines;
    expect(stats).toMatchObject({ type: "stats", runs: 2, blobs: { count: 3 }, refs: { refs: 4 } });
    const { stdout } = await run("stats");
    expect(stdout).toMatch(/^runs +2 +-$/m);
    expect(stdout).toMatch(/^equal blobs stored once +1\.\d\d : 1$/m);
  });
});

describe("lode run migrate", () => {
  it("carries mltrack's runs over, and tells what is wrong with their data", async () => {
    await using from = await openStore(`file://${at("mltrack")}`);
    for (const [key, bytes] of Object.entries(await snapshot(await goldenStore("v2.json")))) {
      // No file can have the name of this one.
      if (!key.includes("//")) await from.put(key, Buffer.from(bytes, "base64"));
    }
    const words = ["migrate", "mltrack", "--home", "s3://ml-store/mltrack"];
    const dry = await run(...words, "--dry-run", "--json");
    expect(dry.lines.at(-2)).toMatchObject({ type: "migration-summary", dryRun: true });
    expect((await run("ls", "--json")).lines).toEqual([]);
    const done = await run(...words);
    expect(done.code).toBe(3);
    expect(done.stdout).toContain("collision  renamed  inputs.training_data: ");
    expect(done.stderr).toContain(
      "1 run could not be migrated, see the findings [partial-failure]",
    );
    expect((await run("get", "run_abc123:scores")).stdout).toMatch(/^\[\s+1,/);
    const again = await run(...words, "--json");
    expect(again.lines.at(-2)).toMatchObject({ runs: { migrated: 0 }, objects: { migrated: 0 } });
  });
});

describe("the store of lode run", () => {
  it("is what --store, then settings say", async () => {
    await folder.write({ "data.csv": "1" });
    const cwd = folder.path;
    await lode(["run", "put", "data.csv", "--store", "given"], { cwd });
    await lode(["run", "put", "data.csv"], { cwd, env: { LODE_STORE: "all" } });
    await lode(["run", "put", "data.csv"], { cwd, env: { LODE_RUNS_STORE: "own" } });
    for (const store of ["given", "all/runs", "own"]) {
      expect(await filesBelow(join(store, "names"))).toHaveLength(1);
    }
  });
});
