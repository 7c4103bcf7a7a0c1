import { access, mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BlobCache } from "../../src/cas/index.js";
import { cacheFiles } from "../cas/cache/cache-files.js";
import { lode, useFolder } from "./lode.js";

const KIB = 1024;

const folder = useFolder();
const at = (...path: string[]) => join(folder.path, "lodestore", ...path);

function cache(...argv: string[]) {
  return lode(["cache", ...argv], {
    cwd: folder.path,
    env: { XDG_CACHE_HOME: folder.path, LODE_RUNS_CACHE_SIZE: "64KiB" },
  });
}

/** Entries of 8 KiB on the disk each, of different stores, the first used longest ago. */
async function fill(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const blobs = new BlobCache(`s3://bucket-${i}`, { folder: at("blobs"), maxBytes: 2 ** 20 });
    const before = new Set((await cacheFiles(at("blobs"))).map(({ path }) => path));
    await blobs.add("key", 0, new Uint8Array(5000).fill(i));
    const added = (await cacheFiles(at("blobs"))).find(({ path }) => !before.has(path));
    const usedAt = new Date(Date.UTC(2026, 0, 1 + i));
    await utimes(at("blobs", added?.path ?? ""), usedAt, usedAt);
  }
}

async function isCached(store: number): Promise<boolean> {
  const blobs = new BlobCache(`s3://bucket-${store}`, { folder: at("blobs") });
  return (await blobs.stretches("key")).length > 0;
}

const linesOf = (text: string) => text.split("\n").map((line) => line.trim().split(/ {2,}/));

describe("lode cache du", () => {
  it("tells of an empty cache, and makes no folder", async () => {
    const { code, stdout, stderr } = await cache("du");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(linesOf(stdout)).toEqual([
      ["folder", "entries", "bytes", "cap"],
      ["blobs", at("blobs"), "0", "0", "65536"],
      ["catalogues", at("catalogues"), "0", "0", "-"],
      [""],
    ]);
    await expect(access(at())).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("counts entries of all stores, and catalogues with what lies beside them", async () => {
    await fill(3);
    await mkdir(at("catalogues"));
    for (const name of ["a-v1.db", "a-v1.db-wal", "a-v1.db-shm", "a-v1.db.12", "b-v1.db"]) {
      await writeFile(at("catalogues", name), "x".repeat(100));
    }
    expect((await cache("du", "--json")).lines).toEqual([
      {
        ...{ type: "cache", kind: "blobs", path: at("blobs") },
        ...{ maxBytes: 64 * KIB, entries: 3, bytes: 24 * KIB },
      },
      { type: "cache", kind: "catalogues", path: at("catalogues"), entries: 3, bytes: 500 },
    ]);
    expect(linesOf((await cache("du", "-h")).stdout).slice(1, 3)).toEqual([
      ["blobs", at("blobs"), "3", "24.0 KiB", "64.0 KiB"],
      ["catalogues", at("catalogues"), "3", "500 B", "-"],
    ]);
  });
});

describe("lode cache prune", () => {
  it("keeps what was used last, as much as it is told", async () => {
    await fill(5);
    expect(await cache("prune", "--max-bytes", "20k")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "3 entries (24.0 KiB) deleted, 2 entries (16.0 KiB) left\n",
    });
    const cached = await Promise.all([0, 1, 2, 3, 4].map(isCached));
    expect(cached).toEqual([false, false, false, true, true]);
  });

  it("keeps as much as the setting says", async () => {
    await fill(10);
    const usage = (entries: number) => ({ entries, bytes: entries * 8 * KIB });
    const pruned = { type: "pruned", kind: "blobs", path: at("blobs"), dryRun: false };
    for (const freed of [2, 0]) {
      expect((await cache("prune", "--json")).lines).toEqual([
        { ...pruned, freed: usage(freed), left: usage(8) },
      ]);
    }
    const none = await cache("prune", "--json", "--set", "runs.cache-size=0");
    expect(none.lines).toEqual([{ ...pruned, freed: usage(8), left: usage(0) }]);
  });

  it("deletes all blobs and no catalogue", async () => {
    await fill(2);
    await mkdir(at("catalogues"));
    await writeFile(at("catalogues", "a-v1.db"), "");
    const { stderr } = await cache("prune", "--max-bytes", "0");
    expect(stderr).toBe("2 entries (16.0 KiB) deleted, 0 entries (0 B) left\n");
    expect(await cacheFiles(at("blobs"))).toEqual([]);
    await access(at("catalogues", "a-v1.db"));
  });

  it("only tells in a dry run", async () => {
    await fill(3);
    const files = await cacheFiles(at("blobs"));
    const dry = await cache("prune", "--max-bytes", "8KiB", "--dry-run", "--json");
    expect(dry.stderr).toBe("2 entries (16.0 KiB) would be deleted, 1 entry (8.00 KiB) left\n");
    expect(dry.lines).toMatchObject([
      { dryRun: true, freed: { entries: 2 }, left: { entries: 1 } },
    ]);
    expect(await cacheFiles(at("blobs"))).toEqual(files);
  });

  it("makes no folder where there is none", async () => {
    expect(await cache("prune", "--max-bytes", "0")).toMatchObject({
      code: 0,
      stderr: "0 entries (0 B) deleted, 0 entries (0 B) left\n",
    });
    await expect(access(at())).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("lode cache", () => {
  it("takes no other action, option or size", async () => {
    for (const [argv, message] of [
      [["purne"], /did you mean prune\?/],
      [["constructor"], /write du or prune/],
      [["du", "--max-bytes", "0"], /lode cache du has no option --max-bytes/],
      [["du", "--dry-run"], /lode cache du has no option --dry-run/],
      [["prune", "-h"], /lode cache prune has no option --human/],
      [["prune", "--max-bytes", "much"], /is not a size/],
      [["du", "more"], /too many arguments/],
    ] as const) {
      const { code, stderr } = await cache(...argv);
      expect(stderr).toMatch(message);
      expect(code).toBe(2);
    }
  });

  it("fails, also in JSON, where the cache is no folder", async () => {
    await writeFile(at(), "");
    for (const action of ["du", "prune"]) {
      const { code, lines } = await cache(action, "--json");
      expect(lines).toMatchObject([{ error: { code: "invalid-key" } }]);
      expect(code).toBe(2);
    }
  });
});
