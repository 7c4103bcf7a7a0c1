import { describe, expect, it } from "vitest";
import { Semaphore } from "../../../src/core/index.js";
import { ItemLoader, type ItemTask } from "../../../src/loader/pipeline/index.js";
import { FakeClock } from "../../../src/testing/index.js";

function setUp(failures: number, retries: number) {
  const clock = new FakeClock();
  const slots = new Semaphore(1);
  let runs = 0;
  let retried = 0;
  const task: ItemTask<number> = {
    position: 0,
    index: 4,
    uri: "mem://data/4",
    byteLength: 8,
    async run() {
      runs++;
      expect(slots.held).toBe(1);
      if (runs <= failures) throw new Error(`failure ${runs}`);
      return 40;
    },
  };
  const loader = new ItemLoader<number, string>({
    decode: (value, { index }) => {
      expect(slots.held).toBe(0);
      if (value + index !== 44) throw new Error("wrong value");
      return `item ${index}`;
    },
    retries,
    slots,
    clock,
    random: () => 0.5,
    onRetry: () => retried++,
  });
  const load = async () => {
    const outcome = await loader.load(task, await slots.acquire(), new AbortController().signal);
    return { outcome, runs, retried, sleeps: clock.sleeps, held: slots.held };
  };
  return { load, loader, task, slots };
}

describe("ItemLoader", () => {
  it("tries reads again, with growing waits and a slot for each try", async () => {
    expect(await setUp(2, 2).load()).toEqual({
      outcome: { value: "item 4", bytesRead: 8, held: 6 },
      runs: 3,
      retried: 2,
      sleeps: [50, 100],
      held: 0,
    });
  });

  it("gives the last failure up", async () => {
    const { outcome, runs, held } = await setUp(3, 2).load();
    expect(outcome).toEqual({ error: new Error("failure 3") });
    expect([runs, held]).toEqual([3, 0]);
  });

  it("does not read again what cannot be decoded", async () => {
    const { loader, task, slots } = setUp(0, 5);
    const wrong = { ...task, index: 5 };
    const slot = await slots.acquire();
    const outcome = await loader.load(wrong, slot, new AbortController().signal);
    expect(outcome).toEqual({ error: new Error("wrong value") });
    expect(slots.held).toBe(0);
  });

  it("does not try again once it is cancelled", async () => {
    const { loader, task, slots } = setUp(9, 9);
    const controller = new AbortController();
    controller.abort();
    const outcome = await loader.load(task, await slots.acquire(), controller.signal);
    expect(outcome).toEqual({ error: new Error("failure 1") });
  });
});
