import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MemoryReport } from "./memory-child.js";
import { runMemoryChild } from "./run-memory-child.js";

const MIB = 1 << 20;
const SIZE = 2048 * MIB;
/** Blocks in flight, once more as they are compressed, and what is garbage until V8 collects it. */
const LIMIT = 384 * MIB;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(await roomyFolder(), "lodestore-shard-memory-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** In memory if there is room: a slow disk would make this long. */
async function roomyFolder(): Promise<string> {
  const { bavail, bsize } = await statfs("/dev/shm").catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize > 2 * SIZE ? "/dev/shm" : tmpdir();
}

function run(name: string, compressionLevel?: number): Promise<MemoryReport> {
  return runMemoryChild({ uri: `file://${join(folder, name)}`, size: SIZE, compressionLevel });
}

describe("a shard of 2 GiB that comes as a stream", () => {
  it("is written, read and verified in the memory of some blocks", {
    timeout: 120_000,
  }, async () => {
    const report = await run("plain");
    expect(report).toMatchObject({ rightBytes: SIZE, storedBytes: SIZE, damages: 0 });
    expect(report.rssMost - report.rssBefore).toBeLessThan(LIMIT);
  });

  it("is compressed in the memory of some blocks", { timeout: 120_000 }, async () => {
    const report = await run("compressed", 1);
    expect(report).toMatchObject({ rightBytes: SIZE, key: "shards/rank-0.bin.zst", damages: 0 });
    expect(report.storedBytes).toBeLessThan(SIZE / 10);
    expect(report.rssMost - report.rssBefore).toBeLessThan(LIMIT);
  });
});
