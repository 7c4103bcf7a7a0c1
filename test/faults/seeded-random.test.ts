import { describe, expect, it } from "vitest";
import { randomFaults } from "./fault-plan.js";
import { seededRandom, withSeed } from "./seeded-random.js";

describe("random faults", () => {
  it("are the same for the same seed, and hit about the share asked for", () => {
    const plans = [1, 1, 2].map((seed) => {
      const plan = randomFaults(seededRandom(seed), 0.3, 1000);
      return Array.from({ length: 1000 }, (_, connection) => plan(connection));
    });
    expect(plans[1]).toEqual(plans[0]);
    expect(plans[2]).not.toEqual(plans[0]);
    const hits = plans[0]!.filter((fault) => fault !== undefined).length;
    expect(hits).toBeGreaterThan(200);
    expect(hits).toBeLessThan(400);
  });

  it("a failure tells the seed", async () => {
    const failing = withSeed(async () => {
      throw new Error("boom");
    });
    await expect(failing).rejects.toThrow(/LODE_TEST_SEED=\d+: Error: boom/);
  });
});
