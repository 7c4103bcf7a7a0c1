import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateObject } from "../../src/datagen/index.js";
import {
  type Batch,
  DataLoader,
  type DataLoaderOptions,
  objectDataset,
  subsetSampler,
  tarDataset,
  weightedSampler,
} from "../../src/loader/index.js";
import { openStore } from "../../src/storage/index.js";
import { SlowDataset } from "./slow-dataset.js";
import { MemoryStream } from "./streams/memory-stream.js";

async function batchesOf<U, C>(loader: DataLoader<number, U, C>): Promise<Batch<U, C>[]> {
  const batches: Batch<U, C>[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}

const indicesOf = (batches: readonly Batch<unknown, unknown>[]) =>
  batches.flatMap(({ indices }) => indices);
const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const upTo = (length: number) => Array.from({ length }, (_, index) => index);

const options = fc.record({
  batchSize: fc.integer({ min: 1, max: 9 }),
  dropLast: fc.boolean(),
  shuffle: fc.boolean(),
  seed: fc.nat(1000),
  prefetch: fc.nat(4),
  concurrency: fc.integer({ min: 1, max: 8 }),
  order: fc.constantFrom("stable", "completion"),
  maxBytesInFlight: fc.integer({ min: 1, max: 40 }),
});

describe("an epoch", () => {
  it("has each item once, whatever the ranks and options", async () => {
    await fc.assert(
      fc.asyncProperty(
        options,
        fc.nat(60),
        fc.integer({ min: 1, max: 4 }),
        async (given, length, shardWorldSize) => {
          const { batchSize, dropLast, order } = given;
          const seen: number[] = [];
          let dropped = 0;
          for (let shardRank = 0; shardRank < shardWorldSize; shardRank++) {
            const dataset = new SlowDataset(length, { seed: given.seed });
            const loader = new DataLoader(dataset, { ...given, shardRank, shardWorldSize });
            const batches = await batchesOf(loader);
            expect(batches.length).toBe(loader.length);
            batches.forEach((batch, step) => {
              expect(batch.step).toBe(step);
              expect(batch.items).toEqual(batch.indices.map((index) => index * 10));
              expect(batch.uris).toEqual(batch.indices.map((index) => dataset.uriOf(index)));
              const isLast = step === batches.length - 1;
              if (dropLast || !isLast) expect(batch.items.length).toBe(batchSize);
            });
            const indices = indicesOf(batches);
            seen.push(...indices);
            const share = Math.floor((length - shardRank - 1) / shardWorldSize) + 1;
            if (dropLast) dropped += share % batchSize;
            // What is dropped is not read.
            expect(sorted(dataset.begun)).toEqual(sorted(indices));
            expect(dataset.peakRunning).toBeLessThanOrEqual(given.concurrency);
            if (order === "stable" && !given.shuffle) expect(indices).toEqual(sorted(indices));
          }
          expect(seen.length).toBe(length - dropped);
          if (dropLast) expect(new Set(seen).size).toBe(seen.length);
          else expect(sorted(seen)).toEqual(upTo(length));
        },
      ),
      { numRuns: 80 },
    );
  });

  it("has an order of its own, the same for the same seed", async () => {
    const dataset = new SlowDataset(200);
    const shuffle = { shuffle: true, batchSize: 8 };
    const loader = new DataLoader(dataset, { ...shuffle, seed: 5 });
    const epochs: number[][] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      expect(loader.epoch).toBe(epoch);
      const batches = await batchesOf(loader);
      expect(batches.every((batch) => batch.epoch === epoch)).toBe(true);
      epochs.push(indicesOf(batches));
    }
    expect(new Set(epochs.map(String)).size).toBe(3);
    const again = new DataLoader(dataset, { ...shuffle, seed: 5, epoch: 2, concurrency: 1 });
    expect(indicesOf(await batchesOf(again))).toEqual(epochs[2]);
    again.setEpoch(1);
    expect(indicesOf(await batchesOf(again))).toEqual(epochs[1]);
    const other = new DataLoader(dataset, { ...shuffle, seed: 6 });
    expect(indicesOf(await batchesOf(other))).not.toEqual(epochs[0]);
  });

  it("has each sample of real shards and objects once over the ranks", async () => {
    const store = await openStore("mem://loader-epochs");
    for (const index of upTo(5)) {
      const given = { type: "TAR", seed: "epochs", index, count: 5, size: 100_000 } as const;
      const tar = generateObject({ ...given, samples: 7 });
      await store.put(`shards/${index}.tar`, tar);
      await store.put(`objects/${index}.bin`, new Uint8Array(1000).fill(index));
    }
    for (const order of ["stable", "completion"] as const) {
      const keys: string[] = [];
      const uris: string[] = [];
      for (const shardRank of [0, 1]) {
        const given = { shuffle: true, batchSize: 4, shardRank, shardWorldSize: 2, order };
        const shards = await tarDataset(store, { prefix: "shards/" });
        for await (const { items } of new DataLoader(shards, given)) {
          keys.push(...items.map(({ key }) => key));
        }
        const objects = await objectDataset(store, { prefix: "objects/" });
        for await (const batch of new DataLoader(objects, given)) {
          uris.push(...batch.uris);
          for (const [at, bytes] of batch.items.entries()) {
            expect(bytes).toEqual(new Uint8Array(1000).fill(batch.indices[at]!));
          }
        }
      }
      expect(keys.length).toBe(35);
      expect(new Set(uris)).toEqual(
        new Set(upTo(5).map((index) => `mem://loader-epochs/objects/${index}.bin`)),
      );
    }
    await store.close();
  });

  it("of shards drops only what does not fill a batch", async () => {
    for (const order of ["stable", "completion"] as const) {
      const given = { batchSize: 4, dropLast: true, order };
      const loader = new DataLoader(new MemoryStream([5, 0, 6]), given);
      expect(loader.length).toBeUndefined();
      const sizes: number[] = [];
      for await (const { items } of loader) sizes.push(items.length);
      expect(sizes).toEqual([4, 4]);
    }
  });

  it("is as long for all ranks where that is asked for", async () => {
    for (const [uneven, each] of [
      ["drop", 3],
      ["repeat", 4],
    ] as const) {
      const seen: number[] = [];
      for (let shardRank = 0; shardRank < 3; shardRank++) {
        const given = { uneven, shardRank, shardWorldSize: 3, batchSize: 1, shuffle: true };
        const loader = new DataLoader(new SlowDataset(11), given);
        expect(loader.length).toBe(each);
        seen.push(...indicesOf(await batchesOf(loader)));
      }
      expect(seen.length).toBe(3 * each);
      expect(new Set(seen).size).toBe(Math.min(11, 3 * each));
    }
  });

  it("has what a sampler says", async () => {
    const dataset = new SlowDataset(10);
    const subset = new DataLoader(dataset, { sampler: subsetSampler([3, 9, 3]), batchSize: 2 });
    expect(subset.length).toBe(2);
    expect(indicesOf(await batchesOf(subset))).toEqual([3, 9, 3]);
    const sampler = weightedSampler([0, 0, 1, 0, 0, 0, 0, 0, 0, 1], { samples: 50 });
    const weighted = new DataLoader(dataset, { sampler });
    expect(new Set(indicesOf(await batchesOf(weighted)))).toEqual(new Set([2, 9]));
    const beyond = new DataLoader(dataset, { sampler: subsetSampler([10]) });
    await expect(batchesOf(beyond)).rejects.toMatchObject({
      code: "invalid-argument",
      message: "the sampler asks for item 10 of a data set of 10 items",
    });
  });

  it("decodes and collates", async () => {
    const loader = new DataLoader(new SlowDataset(5), {
      batchSize: 2,
      decode: async (value, { index, uri }) => `${value} ${index} ${uri}`,
      collate: (values) => ({ first: values[0], count: values.length }),
    });
    const batches = await batchesOf(loader);
    expect(batches.map(({ fields }) => fields.count)).toEqual([2, 2, 1]);
    expect(batches[1]?.fields.first).toBe("20 2 mem://data/item-2");
    expect(batches[1]?.items[1]).toBe("30 3 mem://data/item-3");
  });
});

describe("a loader", () => {
  const refused: readonly (readonly [DataLoaderOptions<number>, string])[] = [
    [{ batchSize: 0 }, "batchSize cannot be 0; give a whole number from 1"],
    [{ batchSize: 1.5 }, "batchSize cannot be 1.5"],
    [{ prefetch: -1 }, "prefetch cannot be -1"],
    [{ concurrency: 0 }, "concurrency cannot be 0"],
    [{ maxBytesInFlight: 0 }, "maxBytesInFlight cannot be 0"],
    [{ seed: -1 }, "seed cannot be -1"],
    [{ epoch: Number.NaN }, "epoch cannot be NaN"],
    [{ shardRank: 2, shardWorldSize: 2 }, "shardRank cannot be 2; give a whole number from 0 to 1"],
    [{ shardWorldSize: 0 }, "shardWorldSize cannot be 0"],
    [{ order: "random" as "stable" }, "order cannot be random; give one of stable, completion"],
    [{ uneven: "cut" as "keep" }, "uneven cannot be cut"],
    [{ onError: "ignore" as "skip" }, "onError cannot be ignore"],
    [{ onError: { skip: -1 } }, "onError.skip cannot be -1"],
    [{ onError: { retries: 0.5 } }, "onError.retries cannot be 0.5"],
    [{ onSkip: () => undefined }, "onSkip would do nothing"],
    [{ shuffleBuffer: 10, shuffle: true }, "shuffleBuffer would do nothing"],
    [{ openShards: 2 }, "openShards would do nothing"],
    [{ reorderWindow: 10 }, "reorderWindow would do nothing"],
    [{ order: "completion", reorderWindow: 0 }, "reorderWindow cannot be 0"],
    [{ readerMode: "range" }, "readerMode would do nothing"],
    [{ partSize: 100 }, "partSize would do nothing"],
    [{ workers: 2 }, "workers would do nothing"],
    [{ workers: 2, decode: (value) => value }, "workers would do nothing"],
    [{ workers: 0, decode: { module: "./decode.mjs" } }, "workers cannot be 0"],
    [{ shuffle: true, sampler: subsetSampler([1]) }, "give either a sampler or shuffle"],
  ];
  it.each(refused)("refuses %j", (given, message) => {
    expect(() => new DataLoader(new SlowDataset(5), given)).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        message: expect.stringContaining(message),
      }),
    );
  });

  it("passes on how items are read", async () => {
    const read: unknown[] = [];
    const dataset = new SlowDataset(1);
    const loader = new DataLoader(
      {
        kind: "map",
        length: 1,
        takesReaderMode: true,
        uriOf: () => "mem://data/one",
        byteLengthOf: () => 1,
        get(index, { signal, ...rest } = {}) {
          read.push(rest);
          return dataset.get(index, { signal });
        },
      },
      { readerMode: "range", partSize: 100 },
    );
    await batchesOf(loader);
    expect(read).toEqual([{ readerMode: "range", partSize: 100 }]);
  });

  it("has one iteration at a time", async () => {
    const loader = new DataLoader(new SlowDataset(5), { batchSize: 2 });
    const iterator = loader[Symbol.asyncIterator]();
    await iterator.next();
    expect(() => loader[Symbol.asyncIterator]()).toThrow("an iteration of the loader is under way");
    expect(() => loader.setEpoch(3)).toThrow("an iteration of the loader is under way");
    expect(() => loader.loadStateDict(loader.stateDict())).toThrow("is under way");
    await iterator.return?.();
    expect(indicesOf(await batchesOf(loader))).toEqual([2, 3, 4]);
  });

  it("goes to the begin of an epoch, but not of the one that it is in unless told so", async () => {
    const loader = new DataLoader(new SlowDataset(5), { batchSize: 2 });
    for await (const _ of loader) break;
    loader.setEpoch(0);
    expect(indicesOf(await batchesOf(loader))).toEqual([2, 3, 4]);
    for await (const _ of loader) break;
    loader.rewind();
    expect(loader.epoch).toBe(1);
    expect(indicesOf(await batchesOf(loader))).toEqual([0, 1, 2, 3, 4]);
    for await (const _ of loader) break;
    loader.setEpoch(7);
    expect((await batchesOf(loader)).map(({ epoch, step }) => [epoch, step])).toEqual([
      [7, 0],
      [7, 1],
      [7, 2],
    ]);
    expect(() => loader.setEpoch(-1)).toThrow("epoch cannot be -1");
  });

  it("answers calls of next that do not wait for each other, in order", async () => {
    const loader = new DataLoader(new SlowDataset(5), { batchSize: 2 });
    const iterator = loader[Symbol.asyncIterator]();
    const answers = await Promise.all(upTo(5).map(() => iterator.next()));
    expect(answers.map(({ value }) => value?.indices)).toEqual([
      [0, 1],
      [2, 3],
      [4],
      undefined,
      undefined,
    ]);
  });

  it("is of no use once it is closed", async () => {
    const loader = new DataLoader(new SlowDataset(5), { batchSize: 2 });
    const iterator = loader[Symbol.asyncIterator]();
    await iterator.next();
    await loader.close();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(() => loader[Symbol.asyncIterator]()).toThrow("the loader is closed");
    await loader.close();
  });
});
