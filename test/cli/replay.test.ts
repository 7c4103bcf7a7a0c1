import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { lode, useFolder } from "./lode.js";

const folder = useFolder();
const run = (argv: readonly string[], stdin?: Uint8Array) =>
  lode(argv, { cwd: folder.path, ...(stdin === undefined ? {} : { stdin }) });

const HEADER =
  "idx\tthread\top\tclient_id\tn_objects\tbytes\tendpoint\tfile\terror\tstart\tfirst_byte\tend\tduration_ns";

/** A log as warp and s3dlio write it: a server's URL and keys without a bucket. */
function foreignLog(
  rows: readonly (readonly [op: string, bytes: number, file: string, error?: string])[],
) {
  const lines = rows.map(([op, bytes, file, error = ""], i) => {
    const start = `2025-07-27T19:30:05.00${i}000000Z`;
    const end = `2025-07-27T19:30:05.00${i}500000Z`;
    return [
      i,
      1,
      op,
      "c",
      1,
      bytes,
      "http://10.0.0.5:9000",
      file,
      error,
      start,
      "",
      end,
      500000,
    ].join("\t");
  });
  return `${[HEADER, ...lines].join("\n")}\n`;
}

const MIXED = foreignLog([
  ["PUT", 1000, "d/a"],
  ["GET", 1000, "d/a"],
  ["GET", 500, "d/b"],
  ["FROB", 0, "d/c"],
]);

beforeEach(() => folder.write({ "run.tsv": MIXED }));

describe("lode replay", () => {
  it("writes and reads below a target, tells figures, and writes a log of its own", async () => {
    const result = await run([
      "replay",
      "--to",
      "t",
      "--prepare",
      "-j1",
      "--op-log",
      "re.tsv.zst",
      "run.tsv",
    ]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    const lines = result.stdout.split("\n");
    expect(lines[0]).toBe("prepare: 1 object of 500 B needed, 1 of 500 B written");
    expect(lines[1]).toMatch(/^op +planned +done +failed +skipped +bytes +ops\/s +p50 +p99$/);
    expect(lines[2]).toMatch(/^GET +2 +2 +0 +0 +1.46 KiB /);
    expect(lines[3]).toMatch(/^PUT +1 +1 +0 +0 +1000 B /);
    expect(lines[4]).toMatch(/^FROB +0 +0 +0 +1 /);
    expect(result.stdout).toMatch(/^3 operations done, 0 failed, 2.44 KiB in /m);
    expect(result.stdout).toMatch(/^begun over \d.\d\d s, planned 0.00 s$/m);
    expect(result.stdout).toMatch(/^late by p50 .* by more than 10 ms$/m);
    expect(result.stdout).toMatch(/^skipped 1 FROB: nothing is known of the operation$/m);
    expect((await readdir(join(folder.path, "t/d"))).sort()).toEqual(["a", "b"]);
    expect((await stat(join(folder.path, "t/d/b"))).size).toBe(500);
    const own = await run(["oplog", "cat", "--file", "d/*", "re.tsv.zst", "--json"]);
    expect(own.lines.slice(-3)).toMatchObject([
      { op: "PUT", file: "d/a", bytes: 1000 },
      { op: "GET", file: "d/a", bytes: 1000 },
      { op: "GET", file: "d/b", bytes: 500 },
    ]);
  });

  it("tells what it would do without doing it", async () => {
    const text = await run(["replay", "--dry-run", "--to", "t", "run.tsv"]);
    expect(text).toMatchObject({ code: 0, stderr: "" });
    expect(text.stdout).toMatch(/^3 operations would be begun over 0.00 s; nothing was done$/m);
    expect(text.stdout).toContain(`to file://${folder.path}/t: 3 operations, 2.44 KiB`);
    const json = await run(
      ["replay", "--dry-run", "--json", "--map", "d=./x", "-", "--sticky"],
      Buffer.from(MIXED),
    );
    expect(json.code).toBe(0);
    expect(json.lines.slice(0, 4)).toMatchObject([
      { type: "item", status: "skipped", idx: 3, op: "FROB", reason: "unknown-word" },
      { type: "item", status: "planned", idx: 0, op: "PUT", uri: `file://${folder.path}/x/a` },
      { type: "item", status: "planned", idx: 1, op: "GET", bytes: 1000 },
      { type: "item", status: "planned", idx: 2, op: "GET" },
    ]);
    expect(json.lines[4]).toMatchObject({
      type: "replay",
      dryRun: true,
      rows: 4,
      begun: 3,
      skipped: 1,
    });
    expect(await readdir(folder.path)).toEqual(["run.tsv"]);
  });

  it("does not do anything where nobody said where", async () => {
    const nowhere = await run(["replay", "run.tsv"]);
    expect(nowhere).toMatchObject({ code: 2, stdout: "" });
    expect(nowhere.stderr).toMatch(/row 0 \(PUT d\/a\) writes: .*--to.*--map.*--in-place/);
    const reads = await run(["replay", "--op", "GET", "run.tsv"]);
    expect(reads).toMatchObject({ code: 2, stdout: "" });
    expect(reads.stderr).toMatch(/tells no bucket/);
  });

  it("reads in place what its own logs tell", async () => {
    await folder.write({ "data/a": "one", "data/b": "three" });
    await run(["cp", "-r", "data/", "copy/", "--op-log", "cp.tsv.zst"]);
    const before = await readFile(join(folder.path, "copy/a"), "utf8");
    const result = await run(["replay", "--op", "GET,LIST", "--json", "-s", "100x", "cp.tsv.zst"]);
    expect(result).toMatchObject({ code: 0 });
    expect(result.lines.at(-1)).toMatchObject({
      type: "replay",
      done: 3,
      bytes: 8,
      failed: 0,
      differing: 0,
    });
    expect(await readFile(join(folder.path, "copy/a"), "utf8")).toBe(before);
    const writing = await run(["replay", "--in-place", "-s", "max", "-j", "1", "cp.tsv.zst"]);
    expect(writing.code).toBe(0);
    expect(await readFile(join(folder.path, "copy/a"), "utf8")).not.toBe(before);
  });

  it("exits with 3 where something failed that succeeded in the log", async () => {
    const result = await run(["replay", "--to", "t", "-j", "1", "--json", "run.tsv"]);
    expect(result.code).toBe(3);
    expect(result.lines).toMatchObject([
      { type: "item", status: "failed", op: "GET", idx: 2, error: { code: "not-found" } },
      { type: "replay", done: 2, failed: 1, failures: [{ code: "not-found", operations: 1 }] },
      { error: { code: "partial-failure" } },
    ]);
    const fast = await run(["replay", "--to", "t", "--op", "GET", "--fail-fast", "run.tsv"]);
    expect(fast.code).toBe(10);
    await folder.write({ "failed.tsv": foreignLog([["GET", 0, "none", "not-found"]]) });
    const expected = await run(["replay", "--to", "t", "failed.tsv"]);
    expect(expected).toMatchObject({ code: 0, stderr: "" });
    expect(expected.stdout).toMatch(/^1 of the failed ones failed in the log too$/m);
  });

  it("shows its figures where the log breaks off, with a warning", async () => {
    await folder.write({ "cut.tsv": MIXED.slice(0, -20) });
    const result = await run(["replay", "--to", "t", "--op", "PUT", "cut.tsv"]);
    expect(result.stderr).toMatch(
      /^lode: warning: cut.tsv: the end of the operation log is missing/,
    );
    expect(result).toMatchObject({ code: 0, stdout: expect.stringMatching(/^PUT +1 +1 /m) });
  });

  it("fails where the log cannot be read to its end", async () => {
    await folder.write({ "bad.tsv": `${MIXED}x\ty\n` });
    const result = await run(["replay", "--to", "t", "-s", "max", "bad.tsv"]);
    expect(result.code).toBe(15);
    expect(result.stderr).toMatch(/row 5/);
  });

  it("refuses what cannot be meant", async () => {
    for (const [argv, message] of [
      [["-s", "0"], /a speed of "0" cannot be kept/],
      [["-s", "fast"], /a speed of "fast"/],
      [["--to", "t", "--in-place"], /leave one of the two out/],
      [["--map", "a"], /FROM=TO/],
      [["--prepare"], /preparing writes/],
      [["none.tsv"], /too many arguments|none.tsv/],
    ] as const) {
      const result = await run(["replay", ...argv, "run.tsv"]);
      expect(result.code, argv.join(" ")).toBe(2);
      expect(result.stderr).toMatch(message);
    }
    const piped = await run(["replay", "--prepare", "--to", "t", "-"], Buffer.from(MIXED));
    expect(piped.stderr).toMatch(/read twice/);
    expect((await run(["replay", "missing.tsv"])).code).toBe(10);
  });
});
