import { execFile } from "node:child_process";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MemoryReport, MemoryTask } from "./memory-child.js";

const MIB = 1 << 20;
const SIZE = 300 * MIB;
/** Three packs, which grow by copies, and what is garbage until V8 collects it. */
const LIMIT = 256 * MIB;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(await roomyFolder(), "lodestore-blob-memory-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** In memory if there is room: a slow disk would make this long. */
async function roomyFolder(): Promise<string> {
  const { bavail, bsize } = await statfs("/dev/shm").catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize > 2 * SIZE ? "/dev/shm" : tmpdir();
}

describe("a blob of 300 MiB that comes as a stream", () => {
  it("is written and read in the memory of some packs", { timeout: 120_000 }, async () => {
    const script = fileURLToPath(new URL("./memory-child.ts", import.meta.url));
    const task: MemoryTask = { uri: `file://${folder}`, size: SIZE };
    const args = ["--import", "tsx", script, JSON.stringify(task)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const report = JSON.parse(stdout) as MemoryReport;
    const { sha256 } = report;
    expect(report).toMatchObject({
      id: sha256,
      newBytes: SIZE,
      readSize: SIZE,
      readSha256: sha256,
    });
    expect(report.rssWritten - report.rssBefore).toBeLessThan(LIMIT);
    expect(report.rssRead - report.rssBefore).toBeLessThan(LIMIT);
  });
});
