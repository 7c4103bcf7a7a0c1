import { describe, expect, it } from "vitest";
import { observeIterable } from "../../src/core/index.js";

function source(state: { closed: boolean }, fail = false): AsyncIterable<number> {
  return {
    [Symbol.asyncIterator]() {
      let n = 0;
      return {
        async next() {
          if (n === 2 && fail) throw new Error("broken");
          return n < 3 ? { done: false, value: n++ } : { done: true, value: undefined };
        },
        async return() {
          state.closed = true;
          return { done: true, value: undefined };
        },
      };
    },
  };
}

describe("observeIterable", () => {
  it("passes items on and tells the end once", async () => {
    const ends: unknown[] = [];
    const observed = observeIterable(source({ closed: false }), {
      onItem: (n) => n * 10,
      onEnd: (error) => ends.push(error),
    });
    const items: number[] = [];
    for await (const item of observed) items.push(item);
    expect(items).toEqual([0, 10, 20]);
    expect(ends).toEqual([undefined]);
  });

  it("tells an error", async () => {
    const ends: unknown[] = [];
    const observed = observeIterable(source({ closed: false }, true), {
      onEnd: (error) => ends.push(error),
    });
    await expect(async () => {
      for await (const _ of observed);
    }).rejects.toThrow("broken");
    expect(ends).toEqual([expect.objectContaining({ message: "broken" })]);
  });

  it("closes the source when left early, even before it was begun", async () => {
    for (const begun of [true, false]) {
      const state = { closed: false };
      let ends = 0;
      const iterator = observeIterable(source(state), { onEnd: () => ends++ })[
        Symbol.asyncIterator
      ]();
      if (begun) await iterator.next();
      await iterator.return?.();
      expect(state.closed).toBe(true);
      expect(ends).toBe(1);
    }
  });
});
