import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { type OpLogEntry, type ReplayOptions, replay } from "../../../src/oplog/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { FakeClock } from "../../../src/testing/index.js";
import { dropStores, memoryStore, override } from "../../storage/transfer/stores.js";
import { log, rowAt } from "./log-rows.js";
import { VirtualClock } from "./virtual-clock.js";

afterEach(dropStores);

interface Done {
  readonly key: string;
  readonly at: number;
}

/** Replays reads of which each takes as long as its bytes say, in milliseconds of the clock. */
async function run(rows: readonly OpLogEntry[], options: Partial<ReplayOptions> = {}) {
  const clock = new VirtualClock();
  const begun: Done[] = [];
  const durations = new Map(rows.map(({ file, bytes }) => [file, bytes]));
  const slow = override((inner) => ({
    async head(key, given) {
      begun.push({ key, at: clock.now() });
      await clock.sleep(durations.get(key) ?? 0);
      return inner.head(key, given);
    },
  }));
  const store: ObjectStore = await memoryStore(slow);
  for (const { file } of rows) await store.put(file, "");
  const result = await replay(log(rows), {
    to: "mem://t",
    openStore: async () => store,
    clock,
    ...options,
  });
  return { begun, result };
}

const stats = (times: readonly { at: number; takes: number; thread?: number; pause?: number }[]) =>
  times.map(({ at, takes, thread = 0 }, i) =>
    rowAt(at, { op: "STAT", file: `k${i}`, bytes: takes, thread }),
  );

const times = fc.array(fc.record({ at: fc.nat(2000), takes: fc.nat(300) }), {
  minLength: 1,
  maxLength: 40,
});

describe("replay in time", () => {
  it("begins each operation when it is due or when a slot is free, whatever the speed", async () => {
    await fc.assert(
      fc.asyncProperty(
        times,
        fc.constantFrom(0.01, 0.25, 0.5, 1, 1.5, 3, 100, 1000),
        fc.integer({ min: 1, max: 6 }),
        async (given, speed, concurrency) => {
          const { begun, result } = await run(stats(given), { speed, concurrency });
          const order = given
            .map((item, i) => ({ ...item, key: `k${i}` }))
            .sort((a, b) => a.at - b.at);
          const first = order[0]!.at;
          const free = new Array<number>(concurrency).fill(0);
          let worst = 0;
          const expected = order.map(({ at, takes, key }) => {
            free.sort((a, b) => a - b);
            const due = (at - first) / speed;
            const begins = Math.max(due, free[0]!);
            free[0] = begins + takes;
            worst = Math.max(worst, begins - due);
            return { key, at: begins };
          });
          expect(begun.map(({ key }) => key)).toEqual(expected.map(({ key }) => key));
          for (const [i, { at }] of begun.entries()) expect(at).toBeCloseTo(expected[i]!.at, 5);
          expect(result.done).toBe(given.length);
          expect(result.lateness!.max / 1e6).toBeCloseTo(worst, 3);
          const last = order.at(-1)!.at;
          expect(result.plannedSeconds).toBeCloseTo((last - first) / 1000 / speed, 6);
          expect(result.startSeconds).toBeCloseTo(expected.at(-1)!.at / 1000, 6);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("lets each thread wait for its last operation and pause as in the log", async () => {
    const threads = fc.array(
      fc.array(fc.record({ pause: fc.nat(100), logged: fc.nat(50), takes: fc.nat(80) }), {
        minLength: 1,
        maxLength: 8,
      }),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(threads, fc.constantFrom(0.5, 1, 4), async (given, speed) => {
        const rows: OpLogEntry[] = [];
        const expected = new Map<string, number>();
        // The earliest thread begins with the replay.
        const first = Math.min(...given.map(([head]) => head!.pause));
        given.forEach((operations, thread) => {
          let logged = 0;
          let replayed = 0;
          operations.forEach(({ pause, logged: took, takes }, i) => {
            const key = `t${thread}-${i}`;
            logged += pause;
            replayed = i === 0 ? (pause - first) / speed : replayed + pause / speed;
            rows.push(
              rowAt(logged, {
                op: "STAT",
                file: key,
                thread,
                bytes: takes,
                durationNs: took * 1e6,
              }),
            );
            expected.set(key, replayed);
            logged += took;
            replayed += takes;
          });
        });
        rows.sort((a, b) => a.startSeconds - b.startSeconds || a.startNanos - b.startNanos);
        const { begun, result } = await run(rows, { speed, closedLoop: true, concurrency: 64 });
        expect(result.done).toBe(rows.length);
        for (const { key, at } of begun) expect(at).toBeCloseTo(expected.get(key)!, 5);
        expect(result.lateness!.max).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps a thread's order where its window holds one row", async () => {
    const rows = stats([1, 2, 3, 4, 5, 6].map((at) => ({ at, takes: 10, thread: at % 2 })));
    const { begun } = await run(rows, { closedLoop: true, windowRows: 1, concurrency: 8 });
    expect(begun.map(({ key }) => key).sort()).toEqual(["k0", "k1", "k2", "k3", "k4", "k5"]);
    const odd = begun.filter(({ key }) => ["k0", "k2", "k4"].includes(key));
    expect(odd.map(({ key }) => key)).toEqual(["k0", "k2", "k4"]);
    expect(odd[1]!.at - odd[0]!.at).toBeGreaterThanOrEqual(10);
  });

  it("does not wait with max, and keeps to the concurrency", async () => {
    const { begun, result } = await run(
      stats([0, 1000, 2000, 3000].map((at) => ({ at, takes: 7 }))),
      { speed: "max", concurrency: 2 },
    );
    expect(begun.map(({ at }) => at)).toEqual([0, 0, 7, 7]);
    expect(result.lateness).toBeUndefined();
    expect(result.plannedSeconds).toBe(0);
    expect(result.seconds).toBeCloseTo(0.014);
  });

  it("begins nothing after the duration, nor more than the limit", async () => {
    const rows = stats([0, 100, 200, 300].map((at) => ({ at, takes: 0 })));
    const short = await run(rows, { durationMs: 150 });
    expect(short.begun.map(({ at }) => at)).toEqual([0, 100]);
    expect(short.result).toMatchObject({ endedBy: "duration", notBegun: 2, done: 2 });
    const few = await run(rows, { limit: 3 });
    expect(few.result).toMatchObject({ endedBy: "limit", notBegun: 1, done: 3 });
    expect((await run(rows, { limit: 4 })).result.endedBy).toBeUndefined();
  });

  it("begins rows that come too late at once, and counts them", async () => {
    const rows = stats([100, 200, 0, 300].map((at) => ({ at, takes: 0 })));
    const { begun, result } = await run(rows, { windowRows: 1 });
    // Read ahead, the rows are in order all the same.
    expect(begun.map(({ key }) => key)).toEqual(["k2", "k0", "k1", "k3"]);
    expect(result.outOfOrder).toBe(0);
    const many = stats(Array.from({ length: 9000 }, (_, i) => ({ at: i / 100, takes: 0 })));
    const late = await run([...many, rowAt(0, { op: "STAT", file: "late" })], { windowRows: 1 });
    expect(late.result).toMatchObject({ outOfOrder: 1, done: 9001 });
    expect(late.result.lateness!.max).toBeGreaterThan(0);
  });

  it("sleeps in one timer at a time, for as long as it takes", async () => {
    const clock = new FakeClock(0);
    const store = await memoryStore();
    await store.put("a", "");
    const rows = [0, 10, 10, 7_200_010].map((at) => rowAt(at, { op: "STAT", file: "a" }));
    await replay(log(rows), { to: "mem://t", openStore: async () => store, clock, speed: 2 });
    expect(clock.sleeps).toEqual([5, 3_600_000]);
  });

  it("wakes up from a sleep when it is aborted", async () => {
    const controller = new AbortController();
    const store = await memoryStore();
    await store.put("a", "");
    const rows = [0, 60_000].map((at) => rowAt(at, { op: "STAT", file: "a" }));
    const run = replay(log(rows), {
      to: "mem://t",
      openStore: async () => store,
      signal: controller.signal,
      onOperation: () => controller.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: "aborted" });
  });

  it("refuses speeds and numbers that cannot be kept", async () => {
    for (const bad of [
      { speed: 0 },
      { speed: Number.NaN },
      { speed: 1001 },
      { concurrency: 0 },
      { windowRows: 1.5 },
      { durationMs: -1 },
    ]) {
      await expect(run(stats([{ at: 0, takes: 0 }]), bad)).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
  });
});
