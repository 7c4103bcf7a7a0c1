import { describe, expect, it } from "vitest";
import { DataLoader, type DataLoaderOptions } from "../../src/loader/index.js";
import { SlowDataset } from "./slow-dataset.js";

/** Items that wait until they are let go. */
function gated(...indices: number[]) {
  const open = new Map<number, () => void>();
  const gates = new Map(
    indices.map((index) => [index, new Promise<void>((resolve) => open.set(index, resolve))]),
  );
  return { gates, letGo: (index: number) => open.get(index)?.() };
}

/** All turns that a read of {@link SlowDataset} can take. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("the order of completion", () => {
  it.each([1, 4])("lets a stuck item hold no other up, in batches of %d", async (batchSize) => {
    const { gates, letGo } = gated(0);
    const loader = new DataLoader(new SlowDataset(41, { gates, seed: 8 }), {
      batchSize,
      order: "completion",
      maxBytesInFlight: 20,
      concurrency: 3,
    });
    const iterator = loader[Symbol.asyncIterator]();
    const seen: number[] = [];
    while (seen.length < 40) {
      const { value } = await iterator.next();
      seen.push(...(value?.indices ?? []));
    }
    expect(new Set(seen)).toEqual(new Set(Array.from({ length: 40 }, (_, i) => i + 1)));
    // What was handed out beyond the stuck item takes one range.
    expect(loader.stateDict()).toMatchObject({ position: 0, beyond: [[1, 41]] });
    const last = iterator.next();
    letGo(0);
    expect((await last).value?.indices).toEqual([0]);
    expect((await iterator.next()).done).toBe(true);
  });

  it("goes no further than its window beyond an item that is loaded", async () => {
    const { gates, letGo } = gated(3);
    const dataset = new SlowDataset(40, { gates });
    const loader = new DataLoader(dataset, {
      batchSize: 1,
      order: "completion",
      reorderWindow: 6,
    });
    const iterator = loader[Symbol.asyncIterator]();
    for (let step = 0; step < 8; step++) await iterator.next();
    const next = iterator.next();
    await settle();
    expect(Math.max(...dataset.begun)).toBe(8);
    letGo(3);
    expect((await next).value?.indices).toEqual([3]);
    await settle();
    expect(Math.max(...dataset.begun)).toBeGreaterThan(8);
    await iterator.return?.();
  });
});

describe("reading ahead", () => {
  const begunBy = async (given: DataLoaderOptions<number>, steps: number) => {
    const dataset = new SlowDataset(400);
    const loader = new DataLoader(dataset, { batchSize: 5, ...given });
    const iterator = loader[Symbol.asyncIterator]();
    await settle();
    expect(dataset.begun).toEqual([]);
    for (let step = 0; step < steps; step++) await iterator.next();
    for (let turn = 0; turn < 8; turn++) await settle();
    const begun = dataset.begun.length;
    await iterator.return?.();
    return begun;
  };

  it("begins with the first request and goes as far as it is told", async () => {
    expect(await begunBy({ prefetch: 0 }, 3)).toBe(15);
    expect(await begunBy({ prefetch: 3 }, 2)).toBe(25);
    expect(await begunBy({ prefetch: 3, order: "completion" }, 2)).toBe(25);
    // Two rounds of what is read at a time.
    expect(await begunBy({ concurrency: 16 }, 1)).toBe(5 + 35);
    expect(await begunBy({ prefetch: 50, maxBytesInFlight: 12 }, 1)).toBe(5 + 12);
  });

  it("does not keep the first batch waiting", async () => {
    const { gates, letGo } = gated(5, 6, 7, 8, 9, 10);
    const dataset = new SlowDataset(40, { gates });
    const loader = new DataLoader(dataset, { batchSize: 5, prefetch: 7, concurrency: 32 });
    const iterator = loader[Symbol.asyncIterator]();
    expect((await iterator.next()).value?.indices).toEqual([0, 1, 2, 3, 4]);
    expect(dataset.begun.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
    for (const index of gates.keys()) letGo(index);
    expect((await iterator.next()).value?.indices).toEqual([5, 6, 7, 8, 9]);
    await iterator.return?.();
  });
});
