import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Batch,
  DataLoader,
  type DataLoaderOptions,
  type LoaderState,
  subsetSampler,
} from "../../src/loader/index.js";
import { SlowDataset } from "./slow-dataset.js";
import { MemoryStream } from "./streams/memory-stream.js";

type Batches<U = number> = Batch<U, undefined>[];

async function batchesOf<U>(loader: DataLoader<U>): Promise<Batches<U>> {
  const batches: Batches<U> = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}

/** The first batches, and the state behind them as it would be written to a file. */
async function begin<U>(loader: DataLoader<U>, steps: number) {
  const batches: Batches<U> = [];
  let state = loader.stateDict();
  if (steps > 0) {
    for await (const batch of loader) {
      batches.push(batch);
      state = loader.stateDict();
      if (batches.length === steps) break;
    }
  }
  return { batches, state: JSON.parse(JSON.stringify(state)) as LoaderState };
}

const indicesOf = (batches: Batches<unknown>) => batches.flatMap(({ indices }) => indices);
const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

const shapes = {
  length: fc.nat(40),
  shardWorldSize: fc.integer({ min: 1, max: 3 }),
  batchSize: fc.integer({ min: 1, max: 7 }),
  dropLast: fc.boolean(),
  shuffle: fc.boolean(),
  prefetch: fc.nat(3),
  seed: fc.nat(100),
};

describe("a loader goes on from a state", () => {
  it("with the very batches that were left, at any step", async () => {
    await fc.assert(
      fc.asyncProperty(fc.record(shapes), fc.nat(12), async ({ length, ...given }, steps) => {
        const options = { ...given, shardRank: given.shardWorldSize - 1 };
        const whole = await batchesOf(new DataLoader(new SlowDataset(length), options));
        const { batches, state } = await begin(
          new DataLoader(new SlowDataset(length, { seed: 1 }), options),
          steps,
        );
        const dataset = new SlowDataset(length, { seed: 2 });
        const resumed = new DataLoader(dataset, options);
        resumed.loadStateDict(state);
        const rest = await batchesOf(resumed);
        expect([...batches, ...rest]).toEqual(whole);
        // Nothing is read again.
        expect(sorted(dataset.begun)).toEqual(sorted(indicesOf(rest)));
        expect(resumed.epoch).toBe(1);
        const next = new DataLoader(new SlowDataset(length), { ...options, epoch: 1 });
        expect(await batchesOf(resumed)).toEqual(await batchesOf(next));
      }),
      { numRuns: 60 },
    );
  });

  it("with each item that was not handed out, in the order of completion, time and again", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ ...shapes, reorderWindow: fc.integer({ min: 1, max: 30 }) }),
        fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 6 }),
        async ({ length, ...given }, stops) => {
          const options: DataLoaderOptions<number> = { ...given, order: "completion" };
          const expected = await batchesOf(
            new DataLoader(new SlowDataset(length), { ...options, dropLast: false }),
          );
          const seen: number[] = [];
          let state: LoaderState | undefined;
          for (const [run, steps] of [...stops, Number.POSITIVE_INFINITY].entries()) {
            const dataset = new SlowDataset(length, { seed: run });
            const loader = new DataLoader(dataset, options);
            if (state !== undefined) loader.loadStateDict(state);
            const begun = await begin(loader, steps);
            seen.push(...indicesOf(begun.batches));
            state = begun.state;
            const { position, beyond } = state;
            const count = beyond.reduce((sum, [from, to]) => sum + to - from, position);
            expect(count).toBe(seen.length);
          }
          const all = indicesOf(expected);
          if (given.dropLast) {
            expect(new Set(seen).size).toBe(seen.length);
            expect(seen.length).toBe(all.length - (all.length % given.batchSize));
            expect(seen.every((index) => all.includes(index))).toBe(true);
          } else expect(sorted(seen)).toEqual(sorted(all));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("of shards, in either order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          shuffle: fc.boolean(),
          seed: fc.nat(50),
          batchSize: fc.integer({ min: 1, max: 6 }),
          prefetch: fc.nat(3),
          order: fc.constantFrom("stable", "completion"),
        }),
        fc.array(fc.nat(9), { maxLength: 5 }),
        fc.nat(10),
        async (given, lengths, steps) => {
          const options: DataLoaderOptions<string> = {
            ...given,
            ...(given.shuffle ? { shuffleBuffer: 5 } : {}),
          };
          const stream = new MemoryStream(lengths);
          const whole = await batchesOf(new DataLoader(stream, options));
          expect(whole.flatMap(({ items }) => items).sort()).toEqual([...stream.all].sort());
          const { batches, state } = await begin(new DataLoader(stream, options), steps);
          const resumed = new DataLoader(stream, options);
          resumed.loadStateDict(state);
          const rest = await batchesOf(resumed);
          if (given.order === "stable") expect([...batches, ...rest]).toEqual(whole);
          const items = [...batches, ...rest].flatMap((batch) => batch.items);
          expect(items.sort()).toEqual([...stream.all].sort());
          expect(stream.openings.every(({ ended }) => ended)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("between epochs, and behind the last batch of one", async () => {
    const make = () => new DataLoader(new SlowDataset(6), { batchSize: 3, shuffle: true });
    const first = make();
    const { state: behindLast } = await begin(first, 2);
    expect(behindLast).toMatchObject({ epoch: 0, step: 2, position: 6, beyond: [] });
    const resumed = make();
    resumed.loadStateDict(behindLast);
    // Nothing is left of the epoch: that is told as an iteration without batches.
    expect(await batchesOf(resumed)).toEqual([]);
    expect(resumed.epoch).toBe(1);
    expect(resumed.stateDict()).toMatchObject({ epoch: 1, step: 0, position: 0 });
    expect(await batchesOf(first)).toEqual([]);
    expect(await batchesOf(first)).toEqual(await batchesOf(resumed));
  });

  it("that is small, whatever was read ahead", async () => {
    const loader = new DataLoader(new SlowDataset(500, { seed: 3 }), {
      batchSize: 5,
      prefetch: 20,
      order: "completion",
    });
    for await (const _ of loader)
      expect(JSON.stringify(loader.stateDict()).length).toBeLessThan(1500);
  });

  it("in the same loader when its loop was left", async () => {
    const loader = new DataLoader(new SlowDataset(10), { batchSize: 3 });
    for await (const batch of loader) if (batch.step === 1) break;
    expect(loader.epoch).toBe(0);
    expect((await batchesOf(loader)).map(({ step, indices }) => [step, indices])).toEqual([
      [2, [6, 7, 8]],
      [3, [9]],
    ]);
    expect(loader.epoch).toBe(1);
  });

  it("with batches of another size, and in the other order", async () => {
    const { state } = await begin(new DataLoader(new SlowDataset(10), { batchSize: 3 }), 2);
    const other = new DataLoader(new SlowDataset(10), { batchSize: 2, order: "completion" });
    other.loadStateDict(state);
    const rest = await batchesOf(other);
    expect(rest.map(({ step, items }) => [step, items.length])).toEqual([
      [2, 2],
      [3, 2],
    ]);
    expect(sorted(indicesOf(rest))).toEqual([6, 7, 8, 9]);
  });
});

describe("a loader refuses a state", () => {
  const base = { batchSize: 2, shuffle: true, seed: 1, shardWorldSize: 2 };
  const others: readonly (readonly [string, number, DataLoaderOptions<number>])[] = [
    ["length 12, here it is 13", 13, base],
    ["seed 1, here it is 2", 12, { ...base, seed: 2 }],
    ["order shuffled, here it is sequential", 12, { ...base, shuffle: false }],
    ["shardRank 0, here it is 1", 12, { ...base, shardRank: 1 }],
    ["shardWorldSize 2, here it is 3", 12, { ...base, shardWorldSize: 3 }],
    ["uneven keep, here it is drop", 12, { ...base, uneven: "drop" }],
  ];
  it.each(others)("of %s", async (difference, length, options) => {
    const { state } = await begin(new DataLoader(new SlowDataset(12), base), 1);
    const loader = new DataLoader(new SlowDataset(length), options);
    expect(() => loader.loadStateDict(state)).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        message: `the loader cannot go on from this state: it was taken with ${difference}; use the state of the same data set and options`,
      }),
    );
  });

  it("of a longer sampler", async () => {
    const make = (length: number) =>
      new DataLoader(new SlowDataset(9), {
        batchSize: 2,
        sampler: subsetSampler([8, 7, 6, 5, 4].slice(0, length)),
      });
    const { state } = await begin(make(5), 2);
    expect(() => make(3).loadStateDict(state)).toThrow("it is 4 items into an epoch of 3");
    make(4).loadStateDict(state);
  });

  it("of another stream", async () => {
    const options = { batchSize: 2, shuffle: true, shuffleBuffer: 4 };
    const { state } = await begin(new DataLoader(new MemoryStream([5, 5]), options), 1);
    const more = new DataLoader(new MemoryStream([5, 5, 5]), options);
    expect(() => more.loadStateDict(state)).toThrow("length 2, here it is 3");
    const other = new DataLoader(new MemoryStream([5, 5]), { ...options, shuffleBuffer: 3 });
    expect(() => other.loadStateDict(state)).toThrow("cannot go on from this state");
  });

  it("that is none", async () => {
    const loader = new DataLoader(new SlowDataset(12), { batchSize: 2 });
    const { state } = await begin(loader, 1);
    const broken: readonly unknown[] = [
      undefined,
      null,
      7,
      {},
      [],
      { ...state, version: 2 },
      { ...state, epoch: -1 },
      { ...state, step: "1" },
      { ...state, position: 2.5 },
      { ...state, position: 14 },
      { ...state, skipped: null },
      { ...state, beyond: undefined },
      { ...state, beyond: [[1, 3]] },
      { ...state, beyond: [[2, 3]] },
      { ...state, beyond: [[4, 4]] },
      {
        ...state,
        beyond: [
          [6, 8],
          [5, 9],
        ],
      },
      { ...state, beyond: [[11, 13]] },
      { ...state, beyond: ["ab"] },
    ];
    for (const wrong of broken) {
      expect(() => loader.loadStateDict(wrong), JSON.stringify(wrong)).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    }
    // What was refused has changed nothing.
    expect(loader.stateDict()).toEqual(state);
  });
});
