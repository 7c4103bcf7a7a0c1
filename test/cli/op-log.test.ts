import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ZstdDecompressor } from "../../src/formats/index.js";
import { type OpLogEntry, readOpLog } from "../../src/oplog/index.js";
import { lode, useFolder } from "./lode.js";

const folder = useFolder();
const run = (argv: readonly string[], env: Record<string, string> = {}) =>
  lode(argv, { cwd: folder.path, env });

async function read(name: string): Promise<OpLogEntry[]> {
  const rows: OpLogEntry[] = [];
  const chunks = createReadStream(join(folder.path, name));
  for await (const batch of readOpLog(chunks)) rows.push(...batch);
  return rows;
}

async function textOf(name: string): Promise<string> {
  const decompressor = await ZstdDecompressor.open();
  const bytes = await readFile(join(folder.path, name));
  return Buffer.concat([...decompressor.push(bytes)]).toString();
}

describe("--op-log", () => {
  it("writes a log of what the command did, before or behind its name", async () => {
    await folder.write({ "d/a.txt": "one", "d/b.txt": "three" });
    expect(await run(["--op-log", "log.tsv.zst", "cp", "-r", "d/", "e/"])).toMatchObject({
      code: 0,
    });
    const rows = await read("log.tsv.zst");
    const puts = rows.filter(({ op }) => op === "PUT");
    expect(puts.map(({ file, bytes }) => [file, bytes]).sort()).toEqual([
      ["a.txt", 3],
      ["b.txt", 5],
    ]);
    expect(puts[0]).toMatchObject({ endpoint: `file://${folder.path}/e`, clientId: hostname() });
    expect(await run(["ls", "--op-log", "log.tsv.zst", "d"])).toMatchObject({ code: 0 });
    expect((await read("log.tsv.zst")).map(({ op }) => op)).toEqual(["STAT", "LIST"]);
  });

  it("ends the log of a command that fails", async () => {
    const result = await run(["cat", "--op-log", "log", "none"]);
    expect(result).toMatchObject({ code: 10 });
    const rows = await read("log");
    expect(rows.at(-1)).toMatchObject({ error: expect.stringMatching(/^not-found: /) });
  });

  it("takes columns and settings from flags and environment", async () => {
    await folder.write({ "d/a.txt": "one" });
    const flags = ["--op-log-columns", "15", "--set", "oplog.client-id=rank 7"];
    await run(["stat", "--op-log", "log", ...flags, "d/a.txt"], { S3DLIO_OPLOG_LEVEL: "3" });
    expect(await textOf("log")).toMatch(/^idx\tthread.*\tlast_byte\tend\tduration_ns\tcat\n/);
    expect((await read("log"))[0]?.clientId).toBe("rank 7");
    const bad = await run(["ls", "--op-log", "log", "d"], { S3DLIO_OPLOG_LEVEL: "99" });
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining("S3DLIO_OPLOG_LEVEL") });
  });

  it("does not cost a file that is no log", async () => {
    await folder.write({ "d/a.txt": "precious" });
    const result = await run(["ls", "--op-log", "d/a.txt", "d"]);
    expect(result).toMatchObject({ code: 11, stdout: "" });
    expect(await readFile(join(folder.path, "d/a.txt"), "utf8")).toBe("precious");
  });
});
