import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Semaphore } from "../../src/core/index.js";

describe("Semaphore", () => {
  it("never holds more than its limit and lets all through", async () => {
    const weights = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(weights, fc.integer({ min: 5, max: 12 }), async (asked, limit) => {
        const semaphore = new Semaphore(limit);
        let held = 0;
        let done = 0;
        await Promise.all(
          asked.map((weight) =>
            semaphore.run(async () => {
              held += weight;
              expect(held).toBeLessThanOrEqual(limit);
              await new Promise((resolve) => setImmediate(resolve));
              held -= weight;
              done++;
            }, weight),
          ),
        );
        expect(done).toBe(asked.length);
        expect(semaphore.held).toBe(0);
      }),
    );
  });

  it("serves in the order of asking, so that a heavy one is not starved", async () => {
    const semaphore = new Semaphore(3);
    const order: string[] = [];
    const first = await semaphore.acquire(2);
    const heavy = semaphore.acquire(3).then((release) => {
      order.push("heavy");
      return release;
    });
    const light = semaphore.acquire(1).then((release) => {
      order.push("light");
      return release;
    });
    first();
    (await heavy)();
    (await light)();
    expect(order).toEqual(["heavy", "light"]);
  });

  it("lets in alone what is heavier than the limit", async () => {
    const semaphore = new Semaphore(2);
    const release = await semaphore.acquire(10);
    expect(semaphore.held).toBe(10);
    const next = semaphore.acquire(1);
    expect(semaphore.waiting).toBe(1);
    release();
    (await next)();
    expect(semaphore.held).toBe(0);
  });

  it("forgets who gave up waiting and serves the next", async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    const controller = new AbortController();
    const given = semaphore.acquire(1, controller.signal);
    const next = semaphore.acquire();
    controller.abort();
    await expect(given).rejects.toMatchObject({ code: "aborted" });
    release();
    release();
    (await next)();
    expect(semaphore.held).toBe(0);
    await expect(semaphore.acquire(1, AbortSignal.abort())).rejects.toMatchObject({
      code: "aborted",
    });
  });

  it("lets more in when its limit is raised", async () => {
    const semaphore = new Semaphore(1);
    await semaphore.acquire();
    const second = semaphore.acquire();
    semaphore.limit = 2;
    await second;
    expect(semaphore.held).toBe(2);
  });
});
