import { type ChildProcess, spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OpLogEntry, OpLogWriter, readOpLog } from "../../src/oplog/index.js";
import { entries, entry } from "./sample-entries.js";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodestore-oplog-"));
  path = join(folder, "log.tsv.zst");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(
  file = path,
): Promise<{ rows: OpLogEntry[]; truncated: boolean; dropped: number }> {
  const rows: OpLogEntry[] = [];
  let truncated = false;
  let dropped = 0;
  const options = {
    onTruncated: () => {
      truncated = true;
    },
    onDropped: (count: number) => {
      dropped = count;
    },
  };
  for await (const batch of readOpLog(createReadStream(file), options)) rows.push(...batch);
  return { rows, truncated, dropped };
}

describe("OpLogWriter", () => {
  it("keeps all that a row tells, over many frames", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entries, { minLength: 1, maxLength: 6 }), async (groups) => {
        const writer = await OpLogWriter.create(path, { frameBytes: 1024, lossless: true });
        const rows = groups.flat().map((row, index) => ({ ...row, index }));
        for (const row of rows) writer.append(row);
        const stats = await writer.close();
        expect(stats).toMatchObject({ path, rows: rows.length, dropped: 0 });
        expect((await readFile(path)).length).toBe(stats.bytes);
        expect((await read()).rows).toEqual(rows);
      }),
      { numRuns: 30 },
    );
  });

  it("is a log of no rows from its first moment", async () => {
    const writer = await OpLogWriter.create(path);
    expect(await read()).toEqual({ rows: [], truncated: false, dropped: 0 });
    await writer.close();
  });

  it("closes a frame after a while, without more rows", async () => {
    const writer = await OpLogWriter.create(path, { flushMs: 20 });
    writer.append(entry());
    await expect.poll(async () => (await read()).rows.length).toBe(1);
    await writer.close();
  });

  it("drops what finds the buffer full, counts it, and tells readers", async () => {
    const writer = await OpLogWriter.create(path, { frameBytes: 1024, bufferRows: 5 });
    const taken = Array.from({ length: 200 }, (_, i) => writer.append(entry({ bytes: i })));
    const stats = await writer.close();
    const kept = taken.filter(Boolean).length;
    expect(kept).toBeLessThan(200);
    expect(stats).toMatchObject({ rows: kept, dropped: 200 - kept });
    const { rows, dropped } = await read();
    expect(rows.map(({ bytes }) => bytes)).toEqual(taken.flatMap((was, i) => (was ? [i] : [])));
    expect(dropped).toBe(200 - kept);
  });

  it("loses nothing where it may hold the program up", async () => {
    const options = { frameBytes: 1024, bufferRows: 1, lossless: true };
    const writer = await OpLogWriter.create(path, options);
    for (let i = 0; i < 2000; i++) expect(writer.append(entry({ bytes: i }))).toBe(true);
    expect(await writer.close()).toMatchObject({ rows: 2000, dropped: 0 });
    expect((await read()).rows.map(({ bytes }) => bytes)).toEqual(Array.from(Array(2000).keys()));
  });

  it("can be closed twice, and takes nothing after that", async () => {
    const writer = await OpLogWriter.create(path);
    writer.append(entry());
    const stats = await writer.close();
    expect(writer.append(entry())).toBe(false);
    expect(await writer.close()).toEqual(stats);
    expect((await read()).rows).toHaveLength(1);
  });

  it("writes all that it has when the process ends, also what is on its way", async () => {
    const writer = await OpLogWriter.create(path, { frameBytes: 1024 });
    for (let i = 0; i < 50; i++) writer.append(entry({ bytes: i }));
    writer.closeNow();
    writer.closeNow();
    const { rows, truncated } = await read();
    expect(rows).toHaveLength(50);
    expect(truncated).toBe(false);
  });

  it("replaces a log, but no other file", async () => {
    await (await OpLogWriter.create(path)).close();
    const writer = await OpLogWriter.create(path);
    writer.append(entry());
    await writer.close();
    expect((await read()).rows).toHaveLength(1);
    await writeFile(path, "thesis");
    await expect(OpLogWriter.create(path)).rejects.toMatchObject({ code: "already-exists" });
    expect(await readFile(path, "utf8")).toBe("thesis");
  });

  it("says what is wrong with options and places", async () => {
    const wrong = [{ level: 23 }, { frameBytes: 10 }, { bufferRows: 0 }, { flushMs: 1 }];
    for (const options of [...wrong, { columns: 14 as 13 }]) {
      await expect(OpLogWriter.create(path, options)).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
    await expect(OpLogWriter.create(join(folder, "no", "log"))).rejects.toMatchObject({
      code: "invalid-config",
      message: expect.stringContaining("no/log"),
    });
  });

  it("can be read wherever it was cut off", async () => {
    const writer = await OpLogWriter.create(path, { frameBytes: 2048, lossless: true });
    for (let i = 0; i < 100; i++) writer.append(entry({ bytes: i, offset: i, store: "s3://b" }));
    const { bytes } = await writer.close();
    const whole = (await read()).rows;
    let before = 0;
    const { bytes: headerBytes } = await emptyLog();
    for (let size = headerBytes; size < bytes; size += 7) {
      await truncateCopy(size);
      const { rows } = await read(join(folder, "cut"));
      expect(rows).toEqual(whole.slice(0, rows.length));
      expect(rows.length).toBeGreaterThanOrEqual(before);
      before = rows.length;
    }
    expect(before).toBe(100);
  });

  async function emptyLog() {
    const file = join(folder, "empty");
    const writer = await OpLogWriter.create(file);
    const { bytes } = writer.stats;
    await writer.close();
    return { bytes };
  }

  async function truncateCopy(size: number): Promise<void> {
    const file = join(folder, "cut");
    await writeFile(file, await readFile(path));
    await truncate(file, size);
  }

  it("keeps all that was flushed when its process is killed", async () => {
    const script = fileURLToPath(new URL("./log-child.ts", import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", script, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const flushed = await firstLine(child);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    const { rows } = await read();
    expect(rows.length).toBeGreaterThanOrEqual(Number(flushed));
    expect(rows.map(({ bytes }) => bytes)).toEqual(rows.map((_, i) => i));
  });

  function firstLine(child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
      let text = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        const end = text.indexOf("\n");
        if (end >= 0) resolve(text.slice(0, end));
      });
      child.once("exit", () => reject(new Error("the child ended before it had flushed")));
    });
  }
});
