import { describe, expect, it } from "vitest";
import {
  type EpochOrder,
  sequentialSampler,
  shuffleSampler,
  subsetSampler,
  weightedSampler,
} from "../../../src/loader/index.js";

function all({ length, indexAt }: EpochOrder): number[] {
  return Array.from({ length }, (_, position) => indexAt(position));
}

describe("samplers", () => {
  it("give items in order, or in another order in each epoch", () => {
    expect(all(sequentialSampler(4).order(9))).toEqual([0, 1, 2, 3]);
    const sampler = shuffleSampler(100, 5);
    const first = all(sampler.order(0));
    expect(all(sampler.order(1))).not.toEqual(first);
    expect(all(shuffleSampler(100, 5).order(0))).toEqual(first);
    expect(all(shuffleSampler(100, 6).order(0))).not.toEqual(first);
  });

  it("give a subset", () => {
    const indices = [7, 3, 3, 9];
    expect(all(subsetSampler(indices).order(0))).toEqual(indices);
    const orders = Array.from({ length: 20 }, (_, epoch) =>
      all(subsetSampler(indices, { seed: 1 }).order(epoch)),
    );
    expect(orders.every((order) => [...order].sort().join() === "3,3,7,9")).toBe(true);
    expect(new Set(orders.map(String)).size).toBeGreaterThan(5);
    expect(() => subsetSampler([1, -1])).toThrow("-1 is no index");
    expect(() => subsetSampler([0.5])).toThrow("0.5 is no index");
  });

  it("draw by weight", () => {
    const samples = 40_000;
    const sampler = weightedSampler([1, 0, 3, 6], { samples, seed: 7 });
    const counts = [0, 0, 0, 0];
    for (const index of all(sampler.order(2))) counts[index]!++;
    expect(counts[1]).toBe(0);
    const shares = [0.1, 0.3, 0.6];
    const chiSquare = [counts[0]!, counts[2]!, counts[3]!].reduce(
      (sum, count, at) => sum + (count - shares[at]! * samples) ** 2 / (shares[at]! * samples),
      0,
    );
    // The 0.999 quantile for two degrees of freedom.
    expect(chiSquare).toBeLessThan(13.8);
    expect(all(weightedSampler([1, 0, 3, 6], { seed: 7 }).order(2))).toEqual([3, 3, 2, 3]);
    expect(all(sampler.order(3))).not.toEqual(all(sampler.order(2)));
  });

  it("refuse weights that cannot be", () => {
    expect(() => weightedSampler([1, -1])).toThrow("item 1 cannot have the weight -1");
    expect(() => weightedSampler([Number.NaN])).toThrow("item 0 cannot have the weight NaN");
    expect(() => weightedSampler([0, 0])).toThrow("the weights of all items are zero");
    expect(() => weightedSampler([1], { samples: -1 })).toThrow("-1 samples");
    expect(weightedSampler([]).order(0).length).toBe(0);
  });
});
