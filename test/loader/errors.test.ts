import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLodeError } from "../../src/errors.js";
import { openStore } from "../../src/index.js";
import { DataLoader, objectDataset, type SkippedItem } from "../../src/loader/index.js";
import { fault } from "../../src/storage/layers/index.js";
import { expectNoUnhandledRejections } from "./no-unhandled-rejections.js";
import { SlowDataset } from "./slow-dataset.js";
import { MemoryStream } from "./streams/memory-stream.js";

expectNoUnhandledRejections();

const always = (indices: readonly number[]) =>
  new Map(indices.map((index) => [index, Number.POSITIVE_INFINITY]));

/** What an iteration gives, and how it ends. */
async function outcomeOf<T, U, C>(loader: DataLoader<T, U, C>) {
  const seen: number[] = [];
  try {
    for await (const { indices } of loader) seen.push(...indices);
    return { seen, error: undefined };
  } catch (error) {
    if (!isLodeError(error)) throw error;
    return { seen, error };
  }
}

describe("an item that cannot be loaded", () => {
  it("ends the iteration with its name, behind the batches before it", async () => {
    const dataset = new SlowDataset(30, { failing: always([13]) });
    const loader = new DataLoader(dataset, { batchSize: 4, prefetch: 4 });
    const { seen, error } = await outcomeOf(loader);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(error).toMatchObject({
      code: "unexpected",
      operation: "load",
      uri: "mem://data/item-13",
      details: { index: 13, uri: "mem://data/item-13", position: 13, epoch: 0 },
    });
    expect(error?.message).toBe(
      "item 13 of the data set, mem://data/item-13, was not loaded: no item 13 today",
    );
    // The next iteration goes on there, and fails again.
    expect(loader.stateDict()).toMatchObject({ epoch: 0, step: 3, position: 12 });
    expect(await outcomeOf(loader)).toMatchObject({ seen: [], error: { details: { index: 13 } } });
  });

  it("keeps the code of its error", async () => {
    const store = await openStore("mem://loader-errors");
    for (const key of ["a", "b", "c"]) await store.put(key, new Uint8Array(4));
    const dataset = await objectDataset(store, { prefix: "" });
    await store.delete("b");
    const { error } = await outcomeOf(new DataLoader(dataset, { batchSize: 1 }));
    expect(error).toMatchObject({
      code: "not-found",
      uri: "mem://loader-errors/b",
      details: { index: 1 },
    });
    await store.close();
  });

  it("never ends an epoch early in silence", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          batchSize: fc.integer({ min: 1, max: 6 }),
          dropLast: fc.boolean(),
          shuffle: fc.boolean(),
          prefetch: fc.nat(4),
          order: fc.constantFrom("stable", "completion"),
          concurrency: fc.integer({ min: 1, max: 5 }),
        }),
        fc.uniqueArray(fc.nat(39), { maxLength: 8 }),
        fc.nat(100),
        fc.nat(8),
        async (given, bad, seed, most) => {
          const dataset = () => new SlowDataset(40, { failing: always(bad), seed });
          const strict = await outcomeOf(new DataLoader(dataset(), given));
          // What is dropped is not read.
          const tail = given.dropLast ? 40 % given.batchSize : 0;
          if (tail === 0) expect(strict.error === undefined).toBe(bad.length === 0);
          expect(
            strict.error === undefined || bad.includes(Number(strict.error.details.index)),
          ).toBe(true);

          const skipped: SkippedItem[] = [];
          const onError = { skip: most };
          const onSkip = (item: SkippedItem) => skipped.push(item);
          const loader = new DataLoader(dataset(), {
            ...given,
            onError,
            ...(most > 0 ? { onSkip } : {}),
          });
          const { seen, error } = await outcomeOf(loader);
          expect(error === undefined).toBe(bad.length <= most);
          expect(new Set(seen).size).toBe(seen.length);
          expect(seen.some((index) => bad.includes(index))).toBe(false);
          expect(loader.stats.skipped).toBe(Math.min(most, bad.length));
          if (most > 0) expect(skipped.length).toBe(loader.stats.skipped);
          if (error === undefined) {
            const left = 40 - bad.length;
            expect(seen.length).toBe(given.dropLast ? left - (left % given.batchSize) : left);
            const failed = skipped.map(({ index }) => index).sort((a, b) => a - b);
            if (most > 0) expect(failed).toEqual([...bad].sort((a, b) => a - b));
          } else if (most > 0) expect(error.message).toContain(`(${most} items of this epoch`);
        },
      ),
      { numRuns: 80 },
    );
  });

  it("counts as handed out once it is left out", async () => {
    const options = { batchSize: 4, onError: { skip: 2 } };
    const make = () => new DataLoader(new SlowDataset(12, { failing: always([1, 6]) }), options);
    const first = make();
    for await (const batch of first) {
      expect(batch.indices).toEqual([0, 2, 3, 4]);
      break;
    }
    const state = first.stateDict();
    expect(state).toMatchObject({ position: 5, skipped: 1 });
    const resumed = make();
    resumed.loadStateDict(state);
    expect((await outcomeOf(resumed)).seen).toEqual([5, 7, 8, 9, 10, 11]);
    expect(resumed.stats.skipped).toBe(1);
    // What was left out before counts for the limit of the epoch.
    const tighter = new DataLoader(new SlowDataset(12, { failing: always([6]) }), {
      batchSize: 4,
      onError: { skip: 1 },
    });
    tighter.loadStateDict(state);
    expect((await outcomeOf(tighter)).error?.message).toContain("(1 items of this epoch");
  });

  it("is read again where that is asked for", async () => {
    const failing = new Map([
      [2, 2],
      [5, 1],
    ]);
    const twice = new DataLoader(new SlowDataset(8, { failing }), {
      batchSize: 4,
      concurrency: 1,
      onError: { retries: 2 },
    });
    expect((await outcomeOf(twice)).seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(twice.stats).toMatchObject({ retries: 3, skipped: 0, samples: 8 });
    const once = new DataLoader(new SlowDataset(8, { failing }), { onError: { retries: 1 } });
    expect((await outcomeOf(once)).error?.details).toMatchObject({ index: 2 });
  });

  it("is one that cannot be decoded, too", async () => {
    const decode = (value: number) => {
      if (value === 30) throw new Error("no JPEG");
      return value;
    };
    const { error } = await outcomeOf(new DataLoader(new SlowDataset(8), { decode }));
    expect(error?.message).toContain("no JPEG");
    expect(error?.details).toMatchObject({ index: 3 });
    const lenient = new DataLoader(new SlowDataset(8), { decode, onError: "skip" });
    expect((await outcomeOf(lenient)).seen).toEqual([0, 1, 2, 4, 5, 6, 7]);
  });
});

describe("other failures", () => {
  it("of a store that is down for a while are retried there", async () => {
    const store = await openStore("mem://loader-faults");
    for (let n = 0; n < 20; n++) await store.put(`item-${n}`, new Uint8Array([n]));
    let calls = 0;
    const flaky = store.with(
      fault({
        script: ({ operation }) =>
          operation !== "list" && ++calls % 3 === 0 ? { kind: "error", when: "before" } : undefined,
      }),
    );
    const dataset = await objectDataset(flaky, { prefix: "item-" });
    const loader = new DataLoader(dataset, { batchSize: 3, onError: { retries: 6 } });
    expect((await outcomeOf(loader)).seen.length).toBe(20);
    expect(loader.stats.retries).toBeGreaterThan(0);
    await store.close();
  });

  it("of collation name the batch", async () => {
    const loader = new DataLoader(new SlowDataset(8), {
      batchSize: 4,
      collate: (values) => {
        if (values.includes(50)) throw new Error("shapes differ");
        return values.length;
      },
    });
    const { seen, error } = await outcomeOf(loader);
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(error?.message).toContain("batch 1 of items 4 (mem://data/item-4) and others");
    expect(error?.message).toContain("shapes differ");
    expect(error?.details).toMatchObject({ indices: [4, 5, 6, 7] });
  });

  it.each(["stable", "completion"] as const)("of a shard are told (%s)", async (order) => {
    const stream = new MemoryStream([6, 6], {
      onItem(shard, ordinal) {
        if (shard === 1 && ordinal === 2) throw new Error("cut off");
      },
    });
    const loader = new DataLoader(stream, { batchSize: 2, order, onError: "skip" });
    const { seen, error } = await outcomeOf(loader);
    expect(error?.message).toContain("cut off");
    if (order === "stable") expect(seen).toEqual([0, 1, 2, 3, 4, 5, 0, 1]);
    expect(stream.openings.every(({ ended }) => ended)).toBe(true);
  });

  it("of the one who is told what is left out end the iteration", async () => {
    const loader = new DataLoader(new SlowDataset(8, { failing: always([2]) }), {
      onError: "skip",
      onSkip: ({ index, error }) => {
        throw new Error(`will not do without ${index}`, { cause: error });
      },
    });
    expect((await outcomeOf(loader)).error?.message).toContain("will not do without 2");
  });
});
