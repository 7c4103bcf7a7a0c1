import { describe, expect, it } from "vitest";
import { DataLoader, type MapDataset } from "../../src/loader/index.js";
import { expectNoUnhandledRejections, settle } from "./no-unhandled-rejections.js";
import { SlowDataset } from "./slow-dataset.js";
import { MemoryStream } from "./streams/memory-stream.js";

expectNoUnhandledRejections();

async function all(loader: DataLoader<number>): Promise<void> {
  for await (const _ of loader);
}

describe("an iteration that is left", () => {
  /** All but the first items never come. */
  class Stuck extends SlowDataset {
    override async get(index: number, options: Parameters<MapDataset<number>["get"]>[1]) {
      if (index < 4) return super.get(index, options);
      this.signals.add(options!.signal!);
      return new Promise<number>((_, reject) => {
        options?.signal?.addEventListener("abort", () => reject(new Error("gone")));
      });
    }
  }

  it("cancels what is under way", async () => {
    const dataset = new Stuck(40);
    const loader = new DataLoader(dataset, { batchSize: 4 });
    for await (const _ of loader) break;
    expect([...dataset.signals].map(({ aborted }) => aborted)).toEqual([true]);
    expect(loader.stateDict()).toMatchObject({ position: 4 });
    await settle();
  });

  it("does so while somebody waits for a batch", async () => {
    const loader = new DataLoader(new Stuck(40), { batchSize: 4 });
    const iterator = loader[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    await settle();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("does not wait for a read that heeds no signal", async () => {
    const gates = new Map([[0, new Promise<void>(() => undefined)]]);
    const loader = new DataLoader(new SlowDataset(9, { gates }), { batchSize: 2 });
    const iterator = loader[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await settle();
    await iterator.return?.();
    expect((await waiting).done).toBe(true);
  });

  it("reads nothing behind a failure", async () => {
    const dataset = new SlowDataset(1000, { failing: new Map([[2, Number.POSITIVE_INFINITY]]) });
    const loader = new DataLoader(dataset, { batchSize: 1, prefetch: 2 });
    await expect(all(loader)).rejects.toMatchObject({ details: { index: 2 } });
    const begun = dataset.begun.length;
    await settle();
    expect(dataset.begun.length).toBe(begun);
    expect(begun).toBeLessThan(10);
  });

  it("ends with `aborted` when the signal fires", async () => {
    for (const order of ["stable", "completion"] as const) {
      const controller = new AbortController();
      const dataset = new Stuck(40);
      const { signal } = controller;
      const loader = new DataLoader(dataset, { batchSize: 4, order, signal });
      const iterator = loader[Symbol.asyncIterator]();
      expect((await iterator.next()).value?.items.length).toBe(4);
      const waiting = iterator.next();
      await settle();
      controller.abort(new Error("enough"));
      await expect(waiting).rejects.toMatchObject({ code: "aborted" });
      expect((await iterator.next()).done).toBe(true);
      expect([...dataset.signals].every(({ aborted }) => aborted)).toBe(true);
      // Also before an iteration, which then reads nothing.
      await expect(all(loader)).rejects.toMatchObject({ code: "aborted" });
    }
  });

  it("ends with `aborted` between batches", async () => {
    const controller = new AbortController();
    const dataset = new SlowDataset(40);
    const loader = new DataLoader(dataset, { batchSize: 4, signal: controller.signal });
    const seen: number[] = [];
    const iterate = async () => {
      for await (const { step } of loader) {
        seen.push(step);
        await settle();
        if (step === 2) controller.abort();
      }
    };
    await expect(iterate()).rejects.toMatchObject({ code: "aborted" });
    expect(seen).toEqual([0, 1, 2]);
    expect(loader.stateDict()).toMatchObject({ position: 12 });
  });

  it("ends reading of shards", async () => {
    const stream = new MemoryStream([50, 50, 50], { waits: () => true });
    const loader = new DataLoader(stream, { batchSize: 4, shuffle: true, shuffleBuffer: 10 });
    for await (const batch of loader) if (batch.step === 1) break;
    expect(stream.openings.length).toBeGreaterThan(0);
    await settle();
    expect(stream.openings.every(({ ended }) => ended)).toBe(true);
    expect(stream.openings.every(({ read }) => read < 50)).toBe(true);
  });
});
