import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LatencyHistogram } from "../../../src/oplog/index.js";

const latency = fc.oneof(
  fc.nat({ max: 300 }),
  fc.nat({ max: 2 ** 31 - 1 }),
  fc.maxSafeInteger().map(Math.abs),
  fc.integer({ min: 0, max: 52 }).map((power) => 2 ** power),
);

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** By definition: the least value that a share of all do not exceed. */
function exactQuantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * values.length)) - 1]!;
}

describe("LatencyHistogram", () => {
  it("has quantiles within 0.5 % of the exact ones, and exact ones below 256", () => {
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const exact = exactQuantile(values, share);
          const told = histogramOf(values).quantile(share);
          expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact < 256 ? 0 : exact * 0.005);
        },
      ),
    );
  });

  it("knows count, least, greatest and mean exactly", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 ** 40 }), { minLength: 1 }), (values) => {
        const histogram = histogramOf(values);
        const sum = values.reduce((a, b) => a + b, 0);
        expect(histogram.count).toBe(values.length);
        expect(histogram.min).toBe(Math.min(...values));
        expect(histogram.max).toBe(Math.max(...values));
        expect(histogram.mean).toBe(sum / values.length);
        expect(histogram.quantile(1)).toBeLessThanOrEqual(histogram.max);
        expect(histogram.quantile(0)).toBeGreaterThanOrEqual(histogram.min);
      }),
    );
  });

  it("merges into what one histogram of all values is", () => {
    const shares = [0, 0.1, 0.5, 0.9, 0.99, 1];
    fc.assert(
      fc.property(fc.array(latency), fc.array(latency), (a, b) => {
        const merged = histogramOf(a);
        merged.merge(histogramOf(b));
        const whole = histogramOf([...a, ...b]);
        expect(shares.map((share) => merged.quantile(share))).toEqual(
          shares.map((share) => whole.quantile(share)),
        );
        expect([merged.count, merged.min, merged.max]).toEqual([whole.count, whole.min, whole.max]);
      }),
    );
  });

  it("answers 0 while it is empty", () => {
    const { count, mean, min, max } = new LatencyHistogram();
    expect([count, mean, min, max, new LatencyHistogram().quantile(0.5)]).toEqual([0, 0, 0, 0, 0]);
  });
});
