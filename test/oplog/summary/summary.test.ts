import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type OpLogEntry,
  OpLogSummarizer,
  type OpLogSummary,
  type OpLogSummaryOptions,
  SIZE_BUCKETS,
} from "../../../src/oplog/index.js";
import { entry } from "../sample-entries.js";

const T0 = 1_753_644_605;

function summaryOf(rows: readonly OpLogEntry[], options?: OpLogSummaryOptions): OpLogSummary {
  const summarizer = new OpLogSummarizer(options);
  summarizer.beginLog();
  summarizer.add(rows);
  return summarizer.summary();
}

/** A request that begins `startMs` after the first second. */
function request(startMs: number, durationMs: number, more: Partial<OpLogEntry> = {}): OpLogEntry {
  return entry({
    startSeconds: T0 + Math.floor(startMs / 1000),
    startNanos: (startMs % 1000) * 1_000_000,
    durationNs: durationMs * 1_000_000,
    firstByteNs: undefined,
    ...more,
  });
}

describe("OpLogSummarizer", () => {
  it("divides by the time from an operation's first start to its last end", () => {
    const summary = summaryOf([
      request(500, 100, { op: "PUT", bytes: 50 }),
      request(0, 1000, { bytes: 1000 }),
      request(3000, 1000, { bytes: 3000, thread: 1 }),
    ]);
    expect(summary).toMatchObject({
      start: "2025-07-27T19:30:05.000000000Z",
      end: "2025-07-27T19:30:09.000000000Z",
      seconds: 4,
      operations: 3,
      bytes: 4050,
      threads: 2,
      clients: ["host1-r0"],
      endpoints: ["http://10.0.0.5:9000"],
    });
    const [get, put] = summary.ops;
    expect(get).toMatchObject({ op: "GET", seconds: 4, bytesPerSecond: 1000, meanBytes: 2000 });
    expect(get).toMatchObject({ objectsPerSecond: 0.5, threads: 2 });
    expect(put).toMatchObject({ op: "PUT", seconds: 0.1, bytesPerSecond: 500 });
  });

  it("counts failed requests apart, but their time is the operation's", () => {
    const [get] = summaryOf([
      request(0, 1000, { bytes: 100, firstByteNs: 5 }),
      request(0, 4000, { bytes: 1_000_000, error: "slow", firstByteNs: 1e9 }),
      request(0, 4000, { bytes: 0, error: "gone" }),
      request(0, 4000, { bytes: 0, error: "gone" }),
    ]).ops;
    expect(get).toMatchObject({ count: 1, errors: 3, objects: 1, bytes: 100, bytesPerSecond: 25 });
    expect(get!.latencyNs).toMatchObject({ mean: 1e9, min: 1e9, max: 1e9 });
    expect(get!.firstByteNs).toEqual({ mean: 5, p50: 5, p99: 5 });
    expect(get!.messages).toEqual([
      { text: "gone", count: 2 },
      { text: "slow", count: 1 },
    ]);
    expect(get!.sizes.map(({ size, count, errors }) => [size, count, errors])).toEqual([
      ["zero", 0, 2],
      ["1B-8KiB", 1, 0],
      ["512KiB-4MiB", 0, 1],
    ]);
    expect(get!.sizes[0]!.latencyNs).toBeUndefined();
  });

  it("has the size ranges of polarWarp, the lower bound within", () => {
    const sizes = SIZE_BUCKETS.flatMap(({ from }) => (from === 0 ? [0] : [from - 1, from]));
    const [get] = summaryOf(sizes.map((bytes) => request(0, 1, { bytes }))).ops;
    expect(get!.sizes.map(({ size, count }) => [size, count])).toEqual([
      ["zero", 2],
      ["1B-8KiB", 2],
      ["8KiB-64KiB", 2],
      ["64KiB-512KiB", 2],
      ["512KiB-4MiB", 2],
      ["4MiB-32MiB", 2],
      ["32MiB-256MiB", 2],
      ["256MiB-2GiB", 2],
      [">2GiB", 1],
    ]);
  });

  it("agrees with sums over all rows, in any order and any batches", () => {
    const rows = fc.array(
      fc.record({
        op: fc.constantFrom("GET", "PUT", "STAT"),
        thread: fc.nat({ max: 5 }),
        clientId: fc.constantFrom("a", "b"),
        bytes: fc.nat({ max: 10_000_000 }),
        objects: fc.nat({ max: 10 }),
        startMs: fc.nat({ max: 100_000 }),
        durationMs: fc.nat({ max: 5000 }),
        error: fc.constantFrom("", "", "bad"),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 60 }), (all, cut) => {
        const entries = all.map(({ startMs, durationMs, ...more }) =>
          request(startMs, durationMs, more),
        );
        const summarizer = new OpLogSummarizer();
        summarizer.beginLog();
        summarizer.add(entries.slice(0, cut));
        summarizer.add(entries.slice(cut));
        const { ops, threads } = summarizer.summary();
        expect(threads).toBe(new Set(all.map((row) => row.clientId + row.thread)).size);
        expect(ops.map(({ op }) => op).sort()).toEqual(
          [...new Set(all.map(({ op }) => op))].sort(),
        );
        for (const op of ops) {
          const mine = all.filter((row) => row.op === op.op);
          const good = mine.filter((row) => row.error === "");
          const bytes = good.reduce((sum, row) => sum + row.bytes, 0);
          const seconds =
            (Math.max(...mine.map((row) => row.startMs + row.durationMs)) -
              Math.min(...mine.map((row) => row.startMs))) /
            1000;
          expect([op.count, op.errors, op.bytes]).toEqual([
            good.length,
            mine.length - good.length,
            bytes,
          ]);
          expect(op.seconds).toBeCloseTo(seconds, 9);
          expect(op.bytesPerSecond).toBeCloseTo(seconds === 0 ? 0 : bytes / seconds, 3);
          expect(op.threads).toBe(new Set(mine.map((row) => row.clientId + row.thread)).size);
          const sizes = op.sizes.reduce((sum, size) => sum + size.count + size.errors, 0);
          expect(sizes).toBe(mine.length);
        }
      }),
    );
  });

  it("leaves out the first and last two seconds of the clock in the steady rates", () => {
    // One request at a time, each of 300 ms, from 0.9 s to 9.9 s; the first second has none else.
    const rows = Array.from({ length: 30 }, (_, i) => request(900 + 300 * i, 300, { bytes: 600 }));
    const [get] = summaryOf(rows.toReversed()).ops;
    expect(get!.steady?.seconds).toBe(6);
    expect(get!.steady?.bytesPerSecond).toBeCloseTo(2000, 6);
    expect(get!.steady?.objectsPerSecond).toBeCloseTo(1 / 0.3, 6);
    expect(summaryOf([request(0, 3999)]).ops[0]!.steady).toBeUndefined();
  });

  it("keeps steady rates for runs of days", () => {
    const rows = Array.from({ length: 48 }, (_, hour) =>
      request(hour * 3_600_000, 3_600_000, { bytes: 3_600_000 }),
    );
    expect(summaryOf(rows).ops[0]!.steady?.bytesPerSecond).toBeCloseTo(1000, 0);
  });

  it("takes equal threads of several logs for different ones", () => {
    const summarizer = new OpLogSummarizer();
    for (let log = 0; log < 3; log++) {
      summarizer.beginLog();
      summarizer.add([request(log * 1000, 500), request(0, 1, { clientId: "other" })]);
    }
    summarizer.addDropped(7);
    summarizer.markTruncated();
    expect(summarizer.summary()).toMatchObject({
      logs: 3,
      threads: 6,
      operations: 6,
      dropped: 7,
      truncated: true,
      clients: ["host1-r0", "other"],
      ops: [{ op: "GET", threads: 6, seconds: 2.5 }],
    });
  });

  it("counts LIST, STAT, HEAD and DELETE as META where it is asked to", () => {
    const words = ["LIST", "STAT", "HEAD", "DELETE", "GET", "STAT"];
    const rows = words.map((op) => request(0, 1, { op }));
    expect(summaryOf(rows, { meta: true }).ops.map(({ op, count }) => [op, count])).toEqual([
      ["META", 5],
      ["GET", 1],
    ]);
    expect(summaryOf(rows).ops).toHaveLength(5);
  });

  it("stays bounded whatever words, clients, threads and messages a log has", () => {
    const rows = Array.from({ length: 70_000 }, (_, i) =>
      request(0, 1, {
        op: `OP${i % 100}`,
        clientId: `c${i}`,
        thread: i % 65_536,
        error: i % 2 === 0 ? `message ${i} ${"x".repeat(1000)}` : "",
      }),
    );
    const summary = summaryOf(rows);
    expect(summary.ops).toHaveLength(65);
    expect(summary.ops[0]).toMatchObject({ op: "OTHER", count: 12_600 });
    expect(summary.clients).toHaveLength(4096);
    expect(summary.threads).toBe(65_536);
    expect(summary.errors).toBe(35_000);
    expect(summary.ops[0]!.messages).toHaveLength(10);
    expect(summary.ops[0]!.messages[0]!.text.length).toBeLessThan(400);
  });

  it("is empty for no rows", () => {
    const summary = summaryOf([], { series: true });
    expect(summary).toMatchObject({ operations: 0, seconds: 0, ops: [], threads: 0 });
    expect(summary.start).toBeUndefined();
    expect(summary.series).toBeUndefined();
  });

  it("gives series that add up to the bytes, in slots that are the same for all operations", () => {
    const rows = fc.array(
      fc.record({
        op: fc.constantFrom("GET", "PUT"),
        bytes: fc.nat({ max: 1_000_000 }),
        startMs: fc.nat({ max: 1_000_000 }),
        durationMs: fc.nat({ max: 20_000 }),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(rows, (all) => {
        const entries = all.map(({ startMs, durationMs, ...more }) =>
          request(startMs, durationMs, more),
        );
        const { series, ops } = summaryOf(entries, { series: true });
        const lengths = Object.values(series!.ops).flatMap((one) => [
          one.bytesPerSecond.length,
          one.objectsPerSecond.length,
          one.p50Ns.length,
          one.p99Ns.length,
        ]);
        expect(new Set(lengths).size).toBe(1);
        expect(lengths[0]).toBeLessThanOrEqual(256);
        for (const { op, bytes, count } of ops) {
          const { bytesPerSecond, objectsPerSecond, p50Ns } = series!.ops[op]!;
          const total = (rates: readonly number[]) =>
            rates.reduce((sum, rate) => sum + rate * series!.slotSeconds, 0);
          expect(total(bytesPerSecond)).toBeCloseTo(bytes, 2);
          expect(total(objectsPerSecond)).toBeCloseTo(count, 6);
          expect(p50Ns.some((latency) => latency !== null)).toBe(true);
        }
      }),
    );
  });
});
