import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { LodeError } from "../../../src/errors.js";
import {
  OpLog,
  type OpLogEntry,
  Replay,
  type ReplayedOperation,
  type ReplayOptions,
  readOpLog,
  replay,
} from "../../../src/oplog/index.js";
import { openStore } from "../../../src/storage/index.js";
import { dropStores, memoryStore, override } from "../../storage/transfer/stores.js";
import { entries } from "../sample-entries.js";
import { log, rowAt } from "./log-rows.js";

afterEach(dropStores);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lode-replay-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const reads = (count: number) =>
  Array.from({ length: count }, (_, i) => rowAt(i, { op: "STAT", file: `k${i}` }));

async function storeWith(rows: readonly OpLogEntry[]) {
  const store = await memoryStore();
  for (const { file } of rows) await store.put(file, "");
  return store;
}

describe("replay", () => {
  it("does each row once or says why not, whatever the log", async () => {
    const options = fc.record({
      speed: fc.constantFrom<number | "max">(1000, "max"),
      closedLoop: fc.boolean(),
      concurrency: fc.integer({ min: 1, max: 20 }),
      windowRows: fc.integer({ min: 1, max: 40 }),
      skipFailed: fc.boolean(),
      dryRun: fc.boolean(),
      limit: fc.option(fc.nat(20), { nil: undefined }),
      ops: fc.option(fc.constant(["GET", "put", "PUTPART"]), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(entries, options, fc.integer({ min: 1, max: 7 }), async (rows, given, n) => {
        // All within a second, and of sizes that fit into memory.
        const near = rows.map((row) => ({ ...row, startSeconds: 5, bytes: row.bytes % 5000 }));
        const store = await memoryStore();
        const told = new Map<number, ReplayedOperation["status"]>();
        const result = await replay(log(near, n), {
          ...given,
          to: "mem://t",
          openStore: async () => store,
          onOperation: ({ row, status }) => {
            expect(told.has(row.index)).toBe(false);
            told.set(row.index, status);
          },
        });
        const count = (status: string) => [...told.values()].filter((one) => one === status).length;
        expect(result.done).toBe(count("done"));
        expect(result.failed).toBe(count("failed"));
        expect(result.skipped).toBe(count("skipped"));
        expect(result.begun).toBe(given.dryRun ? count("planned") : result.done + result.failed);
        expect(result.planned).toBe(result.begun + result.notBegun);
        expect(result.rows).toBe(result.leftOut + result.skipped + result.planned);
        if (result.endedBy === undefined) {
          expect(result).toMatchObject({ rows: rows.length, notBegun: 0, cancelled: 0 });
        } else expect(result.begun + count("skipped")).toBeGreaterThanOrEqual(given.limit ?? 0);
        const byWord = result.words.reduce((sum, word) => sum + word.planned + word.skipped, 0);
        expect(byWord).toBe(result.planned + result.skipped);
      }),
      { numRuns: 150 },
    );
  });

  it("makes the requests that were recorded, as its own log shows", async () => {
    const record = async (name: string, work: () => Promise<void>) => {
      const path = join(folder, name);
      const opLog = await OpLog.start(path, { env: {} });
      try {
        await work();
      } finally {
        await opLog.close();
      }
      const rows: OpLogEntry[] = [];
      for await (const batch of readOpLog(createReadStream(path))) rows.push(...batch);
      return rows;
    };
    const source = await openStore(`mem://${randomUUID()}`);
    const recorded = await record("source.tsv.zst", async () => {
      for (let i = 0; i < 20; i++) await source.put(`d/${i}`, new Uint8Array(i * 100));
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          source.bytes(`d/${i}`, i % 2 === 0 || i < 3 ? {} : { range: { start: i, end: i + 50 } }),
        ),
      );
      for await (const _ of source.list({ prefix: "d/" }));
      await source.head("d/7");
      await source.head("none").catch(() => undefined);
      await source.copy("d/5", "e/5");
      await source.delete("d/5");
      const writer = source.writable("big", { partSize: 5 * 2 ** 20 });
      await writer.write(new Uint8Array(12 * 2 ** 20));
      await writer.close();
    });
    const target = await openStore(`mem://${randomUUID()}`);
    const replayed = await record("target.tsv.zst", async () => {
      const result = await replay(log(recorded), {
        to: target.uri,
        openStore: async () => target,
        speed: "max",
        // One at a time: without pauses nothing but its own order keeps a read behind its write.
        concurrency: 1,
      });
      expect(result).toMatchObject({ skipped: 0, failed: 1, failedInLog: 1, differing: 0 });
    });
    const shape = (rows: readonly OpLogEntry[]) =>
      rows
        .map(({ op, file, bytes, offset, objects, source }) =>
          JSON.stringify({ op, file, bytes, offset, objects, source }),
        )
        .sort();
    expect(recorded.length).toBeGreaterThan(45);
    expect(shape(replayed)).toEqual(shape(recorded));
  });

  it("goes on after failures, or ends at the first one if told so", async () => {
    const rows = [rowAt(0, { file: "none" }), ...reads(3).slice(1)];
    const store = await storeWith(reads(3));
    const options: ReplayOptions = { to: "mem://t", openStore: async () => store, speed: "max" };
    expect(await replay(log(rows), options)).toMatchObject({ done: 2, failed: 1 });
    const failing = new Replay({ ...options, failFast: true, concurrency: 1 });
    await expect(failing.run(log(rows))).rejects.toMatchObject({ code: "not-found" });
    expect(failing.result).toMatchObject({ done: 0, failed: 1, notBegun: 2 });
  });

  it("ends what is under way when it is aborted, and tells the figures", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const rows = [...reads(3), rowAt(3, { op: "MULTIPART_START", file: "m" })];
    const stuck = override(() => ({
      head: (_key, options) =>
        new Promise<never>((_, reject) => {
          options?.signal?.addEventListener("abort", () => reject(new Error("gone")));
          controller.abort();
        }),
    }));
    const store = await memoryStore(stuck);
    const run = new Replay({
      to: "mem://t",
      openStore: async () => store,
      signal,
      speed: "max",
      concurrency: 2,
    });
    await expect(run.run(log(rows))).rejects.toMatchObject({ code: "aborted" });
    const { result } = run;
    expect(result.cancelled + result.notBegun).toBe(4);
    expect(result.cancelled).toBeGreaterThan(0);
    expect(result.failed).toBe(0);
  });

  it("hears an abort while the log is silent", async () => {
    const controller = new AbortController();
    async function* silent() {
      yield [rowAt(0, { op: "STAT" })];
      controller.abort();
      await new Promise(() => {});
    }
    const run = replay(silent(), {
      to: "mem://t",
      openStore: () => memoryStore(),
      signal: controller.signal,
    });
    await expect(run).rejects.toMatchObject({ code: "aborted" });
  });

  it("throws what makes the log unreadable, after what was under way", async () => {
    const rows = reads(300);
    const store = await storeWith(rows);
    async function* broken() {
      yield* log(rows);
      throw new LodeError({ code: "corrupt-format", message: "row 301: no time" });
    }
    const run = new Replay({
      to: "mem://t",
      openStore: async () => store,
      speed: "max",
      windowRows: 10,
    });
    await expect(run.run(broken())).rejects.toMatchObject({ code: "corrupt-format" });
    expect(run.result.done + run.result.notBegun).toBe(300);
  });

  it("throws where a store cannot be opened, and where the log names too many", async () => {
    const refused = new LodeError({ code: "invalid-config", message: "no credentials" });
    const closed = new Replay({ to: "mem://t", openStore: () => Promise.reject(refused) });
    await expect(closed.run(log(reads(5)))).rejects.toMatchObject({ code: "invalid-config" });
    const many = Array.from({ length: 300 }, (_, i) =>
      rowAt(i, { op: "STAT", store: `mem://store-${i}` }),
    );
    const run = replay(log(many), { openStore: () => memoryStore(), speed: "max" });
    await expect(run).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("--to"),
    });
  });

  it("opens each store once, and none for a dry run", async () => {
    let opened = 0;
    const store = await storeWith(reads(50));
    const options: ReplayOptions = {
      to: "mem://t",
      speed: "max",
      async openStore() {
        opened++;
        return store;
      },
    };
    const dry = await replay(log(reads(50)), { ...options, dryRun: true });
    expect(dry).toMatchObject({
      begun: 50,
      done: 0,
      targets: [{ uri: "mem://t", operations: 50 }],
    });
    expect(opened).toBe(0);
    await replay(log(reads(50)), options);
    expect(opened).toBe(1);
  });

  it("refuses to write before it has done anything, unless told where to", async () => {
    const store = await storeWith(reads(10));
    const rows = [...reads(10), rowAt(10, { op: "PUT", store: "mem://own" })].map((row) => ({
      ...row,
      store: "mem://own",
    }));
    const options: ReplayOptions = { openStore: async () => store, speed: "max" };
    const run = new Replay(options);
    await expect(run.run(log(rows))).rejects.toMatchObject({ code: "invalid-argument" });
    expect(run.result.begun).toBe(0);
    expect(await replay(log(rows), { ...options, inPlace: true })).toMatchObject({ done: 11 });
    expect(await replay(log(rows), { ...options, ops: ["stat"] })).toMatchObject({
      done: 10,
      leftOut: 1,
    });
  });

  it("holds no more rows than its window, what it reads ahead, and those under way", async () => {
    let ahead = 0;
    let most = 0;
    async function* long() {
      for (let i = 0; i < 100; i++) {
        yield Array.from({ length: 1000 }, () => rowAt(i, { op: "STAT" }));
        ahead += 1000;
        most = Math.max(most, ahead);
      }
    }
    const store = await storeWith([rowAt(0)]);
    const result = await replay(long(), {
      to: "mem://t",
      openStore: async () => store,
      speed: "max",
      windowRows: 5000,
      onOperation: () => {
        ahead--;
      },
    });
    expect(result.done).toBe(100_000);
    expect(most).toBeLessThan(5000 + 8192 + 64 + 2000);
  });
});
