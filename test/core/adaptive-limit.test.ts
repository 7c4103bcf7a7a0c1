import { describe, expect, it } from "vitest";
import { AdaptiveLimit } from "../../src/core/index.js";

const acquire = (limit: AdaptiveLimit, count: number) =>
  Promise.all(Array.from({ length: count }, () => limit.acquire()));

describe("AdaptiveLimit", () => {
  it("halves what is in flight once for a burst of refusals", async () => {
    const limit = new AdaptiveLimit(64);
    const burst = await acquire(limit, 16);
    for (const slot of burst) slot.throttled();
    expect(limit.limit).toBe(8);
    (await limit.acquire()).throttled();
    expect(limit.limit).toBe(1);
    (await limit.acquire()).throttled();
    expect(limit.limit).toBe(1);
  });

  it("grows by one for a round of successes, up to its maximum", async () => {
    const limit = new AdaptiveLimit(6);
    const burst = await acquire(limit, 4);
    for (const slot of burst) slot.throttled();
    expect(limit.limit).toBe(2);
    for (const slot of await acquire(limit, 2)) slot.succeeded();
    expect(limit.limit).toBeCloseTo(2.9, 1);
    for (let n = 0; n < 100; n++) (await limit.acquire()).succeeded();
    expect(limit.limit).toBe(6);
  });

  it("makes calls wait for the lower limit", async () => {
    const limit = new AdaptiveLimit(4);
    const [first, second] = await acquire(limit, 2);
    first!.throttled();
    let entered = false;
    const third = limit.acquire().then((slot) => {
      entered = true;
      return slot;
    });
    await Promise.resolve();
    expect(entered).toBe(false);
    second!.failed();
    (await third).succeeded();
  });
});
