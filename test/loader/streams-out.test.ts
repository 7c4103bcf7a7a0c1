import { describe, expect, it } from "vitest";
import { DataLoader } from "../../src/loader/index.js";
import { SlowDataset } from "./slow-dataset.js";

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const failing = new Map([[7, Number.POSITIVE_INFINITY]]);

describe("a web stream of batches", () => {
  it("gives an epoch and reads no further than its reader", async () => {
    const loader = new DataLoader(new SlowDataset(10), { batchSize: 4 });
    const stream = loader.toReadableStream();
    await settle();
    expect(loader.stats.batches).toBe(0);
    const steps: number[] = [];
    for await (const batch of stream) {
      steps.push(batch.step);
      await settle();
      // The position is that of the reader.
      expect(loader.stateDict().step).toBe(steps.length);
    }
    expect(steps).toEqual([0, 1, 2]);
    expect(loader.epoch).toBe(1);
  });

  it("ends the iteration when it is cancelled, also while it waits", async () => {
    const gates = new Map([[5, new Promise<void>(() => undefined)]]);
    const dataset = new SlowDataset(10, { gates });
    const loader = new DataLoader(dataset, { batchSize: 4 });
    const reader = loader.toReadableStream().getReader();
    expect((await reader.read()).value?.step).toBe(0);
    const waiting = reader.read();
    await settle();
    await reader.cancel();
    expect((await waiting).done).toBe(true);
    expect([...dataset.signals].every(({ aborted }) => aborted)).toBe(true);
    expect(loader.stateDict()).toMatchObject({ step: 1, position: 4 });
  });

  it("fails as the iteration does", async () => {
    const loader = new DataLoader(new SlowDataset(10, { failing }), { batchSize: 4 });
    const reader = loader.toReadableStream().getReader();
    await reader.read();
    await expect(reader.read()).rejects.toMatchObject({ details: { index: 7 } });
  });
});

describe("a Node stream of batches", () => {
  it("gives an epoch, at most one batch ahead", async () => {
    const loader = new DataLoader(new SlowDataset(30), { batchSize: 4 });
    const stream = loader.toNodeStream();
    const steps: number[] = [];
    for await (const batch of stream) {
      steps.push(batch.step);
      await settle();
      expect(loader.stats.batches).toBeLessThanOrEqual(steps.length + 1);
    }
    expect(steps).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(loader.epoch).toBe(1);
  });

  it("ends the iteration when it is destroyed", async () => {
    const dataset = new SlowDataset(100);
    const loader = new DataLoader(dataset, { batchSize: 4 });
    for await (const _ of loader.toNodeStream()) break;
    await settle();
    expect([...dataset.signals].every(({ aborted }) => aborted)).toBe(true);
    loader.setEpoch(0);
  });

  it("fails as the iteration does", async () => {
    const loader = new DataLoader(new SlowDataset(10, { failing }), { batchSize: 4 });
    const read = async () => {
      for await (const _ of loader.toNodeStream());
    };
    await expect(read()).rejects.toMatchObject({ details: { index: 7 } });
  });
});
