import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../../src/core/index.js";
import {
  formatRow,
  headerLine,
  type OpLogEntry,
  OpLogSummarizer,
  type OpLogSummary,
  OpLogWriter,
  readOpLog,
} from "../../../src/oplog/index.js";
import { hasPython, runPython } from "../../programs/run-python.js";
import { hasWarp, runWarp } from "../../programs/run-warp.js";

const SIZES = [4096, 200_000, 8_388_608];
const THREADS = 8;
let folder: string;

/** Threads that do one request after the other for nine seconds, of one size or of several. */
function rowsOf(sizes: readonly number[], longestNs = 40_000_000): OpLogEntry[] {
  const random = seededRandom(7);
  const rows: OpLogEntry[] = [];
  for (let thread = 0; thread < THREADS; thread++) {
    for (let at = Math.floor(random() * 1e6); at < 9e9; ) {
      const durationNs = Math.floor(longestNs * (0.025 + random() ** 3));
      const op = random() < 0.3 ? "PUT" : "GET";
      rows.push({
        index: 0,
        thread,
        op,
        clientId: "host",
        objects: 1,
        bytes: sizes[Math.floor(random() * sizes.length)] ?? 0,
        endpoint: "http://127.0.0.1:9000",
        file: `k/${Math.floor(random() * 1000)}`,
        error: "",
        startSeconds: 1_753_644_605 + Math.floor(at / 1e9),
        startNanos: at % 1e9,
        firstByteNs: op === "GET" ? Math.floor(durationNs / 3) : undefined,
        durationNs,
      });
      at += durationNs + Math.floor(random() * 100_000);
    }
  }
  return rows;
}

async function summaryOf(name: string, rows: readonly OpLogEntry[]): Promise<OpLogSummary> {
  const path = join(folder, name);
  const writer = await OpLogWriter.create(path, { lossless: true });
  for (const row of rows) writer.append(row);
  await writer.close();
  const summarizer = new OpLogSummarizer();
  summarizer.beginLog();
  for await (const batch of readOpLog(createReadStream(path))) summarizer.add(batch);
  return summarizer.summary();
}

/** Within one per cent. */
function expectNear(actual: number | undefined, expected: number, what: string): void {
  const ratio = (actual ?? Number.NaN) / expected;
  expect(`${what} ${Math.abs(ratio - 1) < 0.01 ? "agrees" : ratio}`).toBe(`${what} agrees`);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodestore-summary-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface WarpRates {
  readonly bytes: number;
  readonly objects: number;
  readonly measure_duration_millis: number;
}

interface WarpOp {
  readonly total_requests: number;
  readonly total_objects: number;
  readonly total_bytes: number;
  readonly total_errors: number;
  readonly throughput: WarpRates;
  readonly throughput_by_host: Readonly<Record<string, WarpRates>>;
  readonly requests_by_client: Readonly<
    Record<string, readonly { readonly single_sized_requests?: WarpRequests }[]>
  >;
}

interface WarpRequests {
  readonly dur_avg_millis: number;
  readonly dur_median_millis: number;
  readonly dur_90_millis: number;
  readonly dur_99_millis: number;
  readonly first_byte?: { readonly average_millis: number; readonly median_millis: number };
}

describe.skipIf(!hasWarp)("a summary beside that of MinIO warp", () => {
  it.each([
    ["one size", [200_000]],
    ["several sizes", SIZES],
  ])("agrees within one per cent for %s", async (_, sizes) => {
    const name = `${sizes.length}.csv.zst`;
    const ours = await summaryOf(name, rowsOf(sizes));
    const text = await runWarp(["analyze", "--json", name], folder);
    const { by_op_type: theirs } = JSON.parse(text) as { by_op_type: Record<string, WarpOp> };
    expect(ours.ops.map(({ op }) => op).sort()).toEqual(Object.keys(theirs).sort());
    for (const op of ours.ops) {
      const warp = theirs[op.op]!;
      expect([op.count, op.objects, op.bytes, op.errors]).toEqual([
        warp.total_requests,
        warp.total_objects,
        warp.total_bytes,
        warp.total_errors,
      ]);
      const [host] = Object.values(warp.throughput_by_host);
      const rate = (of: WarpRates) => of.bytes / (of.measure_duration_millis / 1000);
      expectNear(op.bytesPerSecond, rate(host!), `${op.op} bytes/s`);
      expectNear(op.steady?.bytesPerSecond, rate(warp.throughput), `${op.op} steady bytes/s`);
      if (sizes.length > 1) continue;
      const requests = warp.requests_by_client.host?.[0]?.single_sized_requests;
      expectNear(op.latencyNs?.mean, requests!.dur_avg_millis * 1e6, `${op.op} mean`);
      expectNear(op.latencyNs?.p50, requests!.dur_median_millis * 1e6, `${op.op} median`);
      expectNear(op.latencyNs?.p90, requests!.dur_90_millis * 1e6, `${op.op} p90`);
      expectNear(op.latencyNs?.p99, requests!.dur_99_millis * 1e6, `${op.op} p99`);
      if (op.op !== "GET") continue;
      const first = requests!.first_byte;
      expectNear(op.firstByteNs?.mean, first!.average_millis * 1e6, "first byte mean");
      expectNear(op.firstByteNs?.p50, first!.median_millis * 1e6, "first byte median");
    }
  });
});

/** polarWarp's rules: by operation and range of sizes, quantiles of the nearest row. */
const POLAR_WARP = `
import csv, json, sys, numpy
bounds = [("zero", 1), ("1B-8KiB", 8 << 10), ("8KiB-64KiB", 64 << 10), ("64KiB-512KiB", 512 << 10),
          ("512KiB-4MiB", 4 << 20), ("4MiB-32MiB", 32 << 20), ("32MiB-256MiB", 256 << 20), ("256MiB-2GiB", 2 << 30)]
groups = {}
with open(sys.argv[1], newline="") as file:
    for row in csv.DictReader(file, delimiter="\\t"):
        size = int(row["bytes"])
        bucket = next((name for name, end in bounds if size < end), ">2GiB")
        groups.setdefault(row["op"] + " " + bucket, []).append((int(row["duration_ns"]), size))
result = {}
for name, rows in groups.items():
    times = numpy.array([t for t, _ in rows])
    q = lambda p: float(numpy.quantile(times, p, method="nearest"))
    result[name] = {"count": len(rows), "bytes": sum(b for _, b in rows), "mean": float(times.mean()),
                    "p50": float(numpy.median(times)), "p90": q(.9), "p95": q(.95), "p99": q(.99), "max": int(times.max())}
print(json.dumps(result))
`;

describe.skipIf(!hasPython)("a summary beside polarWarp's rules", () => {
  it("agrees within one per cent in every range of sizes", async () => {
    // Many rows of each, so that the next rank is no other figure.
    const rows = rowsOf([0, 8191, 8192, 2 ** 31], 4_000_000);
    const ours = await summaryOf("polar.tsv.zst", rows);
    const path = join(folder, "polar.tsv");
    await writeFile(path, headerLine(13) + rows.map((row, i) => formatRow(row, i, 13)).join(""));
    const theirs = JSON.parse(await runPython(POLAR_WARP, path)) as Record<
      string,
      Record<string, number>
    >;
    const told = ours.ops.flatMap(({ op, sizes }) => sizes.map((size) => ({ op, ...size })));
    expect(told.map(({ op, size }) => `${op} ${size}`).sort()).toEqual(Object.keys(theirs).sort());
    for (const { op, size, count, bytes, latencyNs } of told) {
      const name = `${op} ${size}`;
      const polar = theirs[name]!;
      expect([count, bytes]).toEqual([polar.count, polar.bytes]);
      for (const figure of ["mean", "p50", "p90", "p95", "p99", "max"] as const) {
        expectNear(latencyNs?.[figure], polar[figure] ?? 0, `${name} ${figure}`);
      }
    }
  });
});
