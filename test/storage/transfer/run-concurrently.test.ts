import { describe, expect, it } from "vitest";
import { runConcurrently } from "../../../src/storage/transfer/run-concurrently.js";

const { signal } = new AbortController();

async function* count(batches: number, size: number): AsyncGenerator<number[]> {
  for (let b = 0; b < batches; b++) yield Array.from({ length: size }, (_, i) => b * size + i);
}

describe("runConcurrently", () => {
  it.each([
    [0, 1],
    [1, 0],
    [30, 7],
  ])("does each of %i batches of %i once, never too many at a time", async (batches, size) => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await runConcurrently(count(batches, size), {
      concurrency: 5,
      signal,
      async work(item) {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        done.push(item);
      },
    });
    expect(done.sort((a, b) => a - b)).toEqual([...Array(batches * size).keys()]);
    expect(most).toBeLessThanOrEqual(5);
  });

  it("reads only a little ahead", async () => {
    let read = 0;
    let worked = 0;
    let furthest = 0;
    async function* source() {
      for (let i = 0; i < 100; i++) {
        read++;
        yield [i];
      }
    }
    await runConcurrently(source(), {
      concurrency: 1,
      signal,
      async work() {
        await new Promise((resolve) => setImmediate(resolve));
        furthest = Math.max(furthest, read - worked++);
      },
    });
    expect(worked).toBe(100);
    expect(furthest).toBeLessThan(15);
  });

  it("throws the source's or the work's failure after what was begun has ended", async () => {
    async function* broken() {
      yield [1, 2];
      throw new Error("source");
    }
    let ended = 0;
    const work = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      ended++;
    };
    const options = { concurrency: 2, signal, work };
    await expect(runConcurrently(broken(), options)).rejects.toThrow("source");
    expect(ended).toBe(2);

    let begun = 0;
    const failing = runConcurrently(count(50, 10), {
      concurrency: 3,
      signal,
      async work(item) {
        begun++;
        await new Promise((resolve) => setImmediate(resolve));
        if (item === 4) throw new Error("work");
      },
    });
    await expect(failing).rejects.toThrow("work");
    expect(begun).toBeLessThan(20);
  });
});
