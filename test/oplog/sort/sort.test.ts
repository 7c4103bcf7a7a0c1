import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OpLogEntry, readOpLog, sortOpLog, writeOpLog } from "../../../src/oplog/index.js";
import { chunksOf, entries, entry } from "../sample-entries.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lode-sort-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function* batches(rows: readonly OpLogEntry[], size = 7) {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
}

async function readAll(path: string): Promise<OpLogEntry[]> {
  const rows: OpLogEntry[] = [];
  for await (const batch of readOpLog(chunksOf(await readFile(path)))) rows.push(...batch);
  return rows;
}

function sorted(rows: readonly OpLogEntry[]): OpLogEntry[] {
  return rows
    .toSorted((a, b) => a.startSeconds - b.startSeconds || a.startNanos - b.startNanos)
    .map((row, index) => ({ ...row, index }));
}

/** Rows of which many begin together, told apart by their offsets. */
function colliding(count: number): OpLogEntry[] {
  return Array.from({ length: count }, (_, i) =>
    entry({ startSeconds: 1000 + ((i * 7919) % 13), startNanos: 0, offset: i, file: `f${i}` }),
  );
}

describe("sortOpLog", () => {
  it("orders rows by start and keeps all that they tell", async () => {
    const target = join(folder, "sorted");
    await fc.assert(
      fc.asyncProperty(entries, async (rows) => {
        const stats = await sortOpLog(batches(rows), target, { replace: true });
        expect(stats).toMatchObject({ path: target, rows: rows.length, dropped: 0 });
        expect(await readAll(target)).toEqual(sorted(rows));
      }),
      { numRuns: 30 },
    );
  });

  it("keeps the order of equal starts through any number of runs and passes", async () => {
    const rows = colliding(500);
    const target = join(folder, "sorted");
    for (const [memoryBytes, fanIn] of [
      [1, 2],
      [1, 3],
      [1, 1000],
      [20_000, 2],
      [undefined, undefined],
    ]) {
      await sortOpLog(batches(rows), target, { memoryBytes, fanIn, replace: true });
      expect(await readAll(target)).toEqual(sorted(rows));
      expect(await readdir(folder)).toEqual(["sorted"]);
    }
  });

  it("has 15 columns only where a row needs them", async () => {
    const rows = colliding(50).map((row, i) =>
      i === 3 ? { ...row, lastByteNs: 8_000_000, categories: 5 } : row,
    );
    const target = join(folder, "sorted");
    await sortOpLog(batches(rows), target, { memoryBytes: 1 });
    const [, ...others] = sorted(rows).map(({ categories = 0, ...row }) => ({
      ...row,
      categories,
    }));
    expect((await readAll(target)).slice(1)).toEqual(others);
    await sortOpLog(batches(colliding(50)), target, { memoryBytes: 1, replace: true });
    expect((await readAll(target)).every((row) => row.categories === undefined)).toBe(true);
  });

  it("may take the place of the log that it reads, and of no file without being told", async () => {
    const log = join(folder, "log");
    await writeOpLog(batches(colliding(100)), log);
    const read = async function* () {
      yield* readOpLog(chunksOf(await readFile(log), 100));
    };
    await expect(sortOpLog(read(), log)).rejects.toMatchObject({ code: "already-exists" });
    await sortOpLog(read(), log, { memoryBytes: 1, replace: true });
    expect(await readAll(log)).toEqual(sorted(colliding(100)));
  });

  it.each(["read", "merge"])(
    "leaves nothing behind when it is cancelled at the %s",
    async (stage) => {
      const aborter = new AbortController();
      const rows = async function* () {
        yield* batches(colliding(3000), 1000);
        if (stage === "read") aborter.abort();
        yield* batches(colliding(3000), 1000);
      };
      let written = 0;
      const sorting = sortOpLog(rows(), join(folder, "sorted"), {
        memoryBytes: 1_000_000,
        signal: aborter.signal,
        onWritten(rows) {
          written = rows;
          aborter.abort();
        },
      });
      await expect(sorting).rejects.toMatchObject({ code: "aborted" });
      expect(written > 0).toBe(stage === "merge");
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it("leaves the old file and nothing else when its source fails", async () => {
    const target = join(folder, "sorted");
    await writeFile(target, "old");
    const rows = async function* () {
      yield* batches(colliding(100));
      throw new Error("gone");
    };
    const sorting = sortOpLog(rows(), target, { memoryBytes: 1, replace: true });
    await expect(sorting).rejects.toThrow("gone");
    expect(await readFile(target, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["sorted"]);
  });

  it("says where it cannot write", async () => {
    const target = join(folder, "none", "sorted");
    await expect(sortOpLog(batches(colliding(1)), target)).rejects.toMatchObject({
      code: "invalid-config",
      message: expect.stringContaining(target),
    });
  });
});

describe("writeOpLog", () => {
  it("writes a log whole, numbered anew, and replaces only when told", async () => {
    const target = join(folder, "log");
    const rows = colliding(10).map((row, index) => ({ ...row, index: index + 90 }));
    await writeOpLog(batches(rows), target);
    expect((await readAll(target)).map(({ index }) => index)).toEqual([...rows.keys()]);
    await expect(writeOpLog(batches(rows), target)).rejects.toMatchObject({
      code: "already-exists",
    });
    await writeOpLog(batches(rows.slice(0, 2)), target, { replace: true, columns: 15 });
    expect(await readAll(target)).toHaveLength(2);
    expect(await readdir(folder)).toEqual(["log"]);
  });
});
