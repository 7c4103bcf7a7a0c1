import { describe, expect, it } from "vitest";
import { preciseClock } from "../../../src/oplog/replay/precise-clock.js";

describe("preciseClock", () => {
  it("never wakes too early", async () => {
    for (const ms of [0, 0.3, 1.5, 2.5, 6]) {
      const begin = performance.now();
      await preciseClock.sleep(ms);
      expect(performance.now() - begin).toBeGreaterThanOrEqual(ms);
    }
  });

  it("ends when it is aborted, in its long part and in its short one", async () => {
    for (const ms of [3_600_000, 1.9]) {
      const controller = new AbortController();
      const sleep = preciseClock.sleep(ms, controller.signal);
      controller.abort();
      await expect(sleep).rejects.toMatchObject({ code: "aborted" });
    }
  });
});
