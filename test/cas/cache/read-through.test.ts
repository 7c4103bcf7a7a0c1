import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partsOf } from "../../../src/cas/cache/read-through.js";

const span = fc
  .tuple(fc.nat(100), fc.integer({ min: 1, max: 40 }))
  .map(([start, length]) => ({ start, end: start + length }));

describe("the parts of a range", () => {
  it("are all of it in order, cached wherever a stretch has it", () => {
    fc.assert(
      fc.property(span, fc.array(span, { maxLength: 8 }), (range, stretches) => {
        const parts = partsOf(range, stretches);
        let at = range.start;
        for (const { start, end, stretch } of parts) {
          expect(start).toBe(at);
          expect(end).toBeGreaterThan(start);
          if (stretch !== undefined) {
            expect(stretch.start).toBeLessThanOrEqual(start);
            expect(stretch.end).toBeGreaterThanOrEqual(end);
          } else {
            expect(stretches.some((one) => one.start < end && one.end > start)).toBe(false);
          }
          at = end;
        }
        expect(at).toBe(range.end);
      }),
    );
  });

  it("prefer the stretch that goes furthest", () => {
    const [short, long] = [
      { start: 0, end: 5 },
      { start: 2, end: 9 },
    ];
    expect(partsOf({ start: 3, end: 9 }, [short, long])).toEqual([
      { start: 3, end: 9, stretch: long },
    ]);
  });
});
