import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FileStamp } from "../../../src/runs/trees/file-stamp.js";
import { StatCache } from "../../../src/runs/trees/stat-cache.js";
import { newFolder } from "./folders.js";

const NOW = 1_700_000_000_000;
const SHA = "ab".repeat(32);

function stampAt(ms: number, more: Partial<FileStamp> = {}): FileStamp {
  const ns = BigInt(ms) * 1_000_000n + 7n;
  return { size: 5, mtimeNs: ns, ctimeNs: ns, inode: 2n ** 63n, ...more };
}

async function saved(folder: string, stamp: FileStamp, path = 'a "b"\n€'): Promise<StatCache> {
  const cache = await StatCache.open(folder, "/data");
  cache.add(path, stamp, SHA, NOW);
  await cache.save();
  return StatCache.open(folder, "/data");
}

describe("StatCache", () => {
  it("finds a file that is as it was, in the same tree only", async () => {
    const folder = join(await newFolder(), "new", "cache");
    const cache = await saved(folder, stampAt(NOW - 10_000));
    expect(cache.find('a "b"\n€', stampAt(NOW - 10_000))).toBe(SHA);
    expect(cache.find("other", stampAt(NOW - 10_000))).toBeUndefined();
    const other = await StatCache.open(folder, "/data2");
    expect(other.find('a "b"\n€', stampAt(NOW - 10_000))).toBeUndefined();
  });

  it.each([
    { size: 6 },
    { mtimeNs: 1n },
    { ctimeNs: BigInt(NOW - 10_000) * 1_000_000n + 8n },
    { inode: 3n },
  ])("does not find a file with another stamp (%#)", async (more) => {
    const cache = await saved(await newFolder(), stampAt(NOW - 10_000), "a");
    expect(cache.find("a", stampAt(NOW - 10_000, more))).toBeUndefined();
  });

  it.each([
    ["written just before", stampAt(NOW - 1_000)],
    ["written after", stampAt(NOW + 60_000)],
    ["whose mtime was set back", stampAt(NOW - 9e9, { ctimeNs: BigInt(NOW) * 1_000_000n })],
  ])("does not remember a file %s", async (_, stamp) => {
    const cache = await saved(await newFolder(), stamp, "a");
    expect(cache.find("a", stamp)).toBeUndefined();
  });

  it("forgets what was not asked for", async () => {
    const folder = await newFolder();
    const stamp = stampAt(NOW - 10_000);
    const first = await StatCache.open(folder, "/data");
    first.add("a", stamp, SHA, NOW);
    first.add("b", stamp, SHA, NOW);
    await first.save();
    const second = await StatCache.open(folder, "/data");
    expect(second.find("a", stamp)).toBe(SHA);
    await second.save();
    const third = await StatCache.open(folder, "/data");
    expect([third.find("a", stamp), third.find("b", stamp)]).toEqual([SHA, undefined]);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it("begins anew when any byte of its file is damaged or missing", async () => {
    const folder = await newFolder();
    const stamp = stampAt(NOW - 10_000);
    await saved(folder, stamp, "a");
    const file = join(folder, (await readdir(folder))[0] as string);
    const bytes = await readFile(file);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ 1;
      await writeFile(file, damaged);
      const cache = await StatCache.open(folder, "/data");
      expect(cache.find("a", stamp)).toBeUndefined();
      await writeFile(file, bytes.subarray(0, at));
      const cut = await StatCache.open(folder, "/data");
      expect(cut.find("a", stamp)).toBeUndefined();
    }
  });
});
