import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OpLog, type OpLogEntry } from "../../../src/oplog/index.js";
import { hasWarp, runWarp } from "../../programs/run-warp.js";
import { S3_SERVERS } from "../s3/s3-servers.js";
import { doEverything, ODD_KEYS, openBucket, readLog } from "./s3-operations.js";

/** What `warp analyze --json` tells of one kind of operation. */
interface WarpTotals {
  readonly total_requests: number;
  readonly total_objects: number;
  readonly total_bytes: number;
  readonly total_errors: number;
}

const server = S3_SERVERS.find(({ name }) => name === "minio");

describe.skipIf(!hasWarp || server?.url === undefined)("MinIO warp", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodestore-warp-"));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function record(
    name: string,
    columns: 13 | 15,
    oddKeys: readonly string[] = ODD_KEYS,
  ): Promise<OpLogEntry[]> {
    const store = await openBucket(server!, `lode-warp-${process.pid}`);
    await store.createContainer();
    const path = join(folder, `${name}.csv.zst`);
    // Small frames, so that there are many.
    const log = await OpLog.start(path, { columns, clientId: name, frameBytes: 4096 });
    await doEverything(store, oddKeys);
    await log.close();
    await store.deleteContainer();
    await store.close();
    return readLog(path);
  }

  async function analyze(name: string): Promise<Record<string, WarpTotals>> {
    const text = await runWarp(["analyze", "--json", `${name}.csv.zst`], folder);
    return (JSON.parse(text) as { by_op_type: Record<string, WarpTotals> }).by_op_type;
  }

  it.each([13, 15] as const)(
    "takes a log of %i columns, keys and errors of all kinds",
    async (columns) => {
      const name = `columns-${columns}`;
      const rows = await record(name, columns);
      const told = await analyze(name);
      const ops = [...new Set(rows.map(({ op }) => op))].sort();
      expect(Object.keys(told).sort()).toEqual(ops);
      for (const op of ops) {
        const ours = rows.filter((row) => row.op === op);
        expect([op, told[op]!.total_requests]).toEqual([op, ours.length]);
        expect([op, told[op]!.total_errors]).toEqual([
          op,
          ours.filter((row) => row.error !== "").length,
        ]);
        const bytes = ours.reduce((sum, row) => sum + row.bytes, 0);
        expect([op, told[op]!.total_bytes]).toEqual([op, bytes]);
      }
    },
  );

  it("merges two logs into one that is read here, with every row of both", async () => {
    // What warp writes has no quotes around keys: those that need them cannot be read back from it.
    const rows = [...(await record("one", 13, [])), ...(await record("two", 15, []))];
    await runWarp(["merge", "--benchdata=merged", "one.csv.zst", "two.csv.zst"], folder);
    const merged = await readLog(join(folder, "merged.csv.zst"));
    const facts = (row: OpLogEntry) =>
      JSON.stringify([
        ...[row.op, row.clientId, row.objects, row.bytes, row.endpoint, row.file, row.error],
        ...[row.startSeconds, row.startNanos, row.firstByteNs, row.durationNs],
      ]);
    expect(merged.map(facts).sort()).toEqual(rows.map(facts).sort());
  });
});
