import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { runPool } from "../../../src/app/operations/index.js";

describe("runPool", () => {
  it("waits for what runs when the source of items fails", async () => {
    let done = 0;
    async function* items() {
      yield 1;
      yield 2;
      throw new Error("no more");
    }
    const ran = runPool(items(), 4, async () => {
      for (let turn = 0; turn < 5; turn++) await setImmediate();
      done++;
    });
    await expect(ran).rejects.toThrow("no more");
    expect(done).toBe(2);
  });
});
