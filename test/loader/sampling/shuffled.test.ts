import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shuffled } from "../../../src/loader/sampling/index.js";

/** The first numbers of permutations, as an implementation of the description in Python gives them too. */
const GOLDEN: readonly (readonly [
  length: number,
  seed: number,
  epoch: number,
  first: readonly number[],
])[] = [
  [1, 0, 0, [0]],
  [10, 0, 0, [0, 9, 1, 7, 3, 6, 8, 5, 2, 4]],
  [10, 0, 1, [7, 1, 4, 2, 3, 5, 8, 0, 9, 6]],
  [10, 1, 0, [1, 4, 6, 2, 8, 5, 9, 7, 0, 3]],
  [1000, 42, 3, [399, 705, 70, 787, 521, 463, 590, 938, 245, 841]],
  [1_281_167, 42, 0, [1061080, 991862, 976330, 309282, 1255351, 547876, 322286, 295455]],
  [2 ** 33 + 7, 2 ** 53 - 1, 12, [2130937592, 1361987782, 1394866086, 2283825858, 3139638927]],
  [2 ** 53 - 1, 5, 5, [7973190810472938, 823189018657894, 830596547809283, 1858302692486672]],
];

/** How far chi-square is from what is expected of even counts, in standard deviations. */
function deviation(counts: readonly number[], samples: number): number {
  const expected = samples / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  return (chiSquare - freedom) / Math.sqrt(2 * freedom);
}

describe("shuffled", () => {
  it.each(GOLDEN)("never changes: %d items, seed %d, epoch %d", (length, seed, epoch, first) => {
    const at = shuffled(length, seed, epoch);
    expect(first.map((_, position) => at(position))).toEqual(first);
  });

  it("gives each number once", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3000 }),
        fc.maxSafeNat(),
        fc.nat(),
        (length, seed, epoch) => {
          const at = shuffled(length, seed, epoch);
          const numbers = Array.from({ length }, (_, position) => at(position));
          expect(new Set(numbers).size).toBe(length);
          expect(numbers.every((number) => number >= 0 && number < length)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gives all orders of a few items alike", () => {
    const seeds = 2_400;
    const counts = new Map<string, number>();
    for (let seed = 0; seed < seeds; seed++) {
      const at = shuffled(5, seed, seed % 7);
      const order = [0, 1, 2, 3, 4].map(at).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(120);
    expect(Math.abs(deviation([...counts.values()], seeds))).toBeLessThan(4);
  });

  it("puts any item anywhere, and next to any other, alike over the epochs", () => {
    const length = 50;
    const epochs = 10_000;
    const places = new Array<number>(length).fill(0);
    const steps = new Array<number>(length - 1).fill(0);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const at = shuffled(length, 3, epoch);
      places[at(17)]!++;
      steps[((at(1) - at(0) + length) % length) - 1]!++;
    }
    expect(Math.abs(deviation(places, epochs))).toBeLessThan(4);
    expect(Math.abs(deviation(steps, epochs))).toBeLessThan(4);
  });
});
