import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HandedOut } from "../../../src/loader/pipeline/index.js";

describe("HandedOut", () => {
  it("knows what was added, in as few ranges as there can be", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(60), { maxLength: 60 }),
        fc.integer({ min: 0, max: 60 }),
        (positions, stop) => {
          let handedOut = new HandedOut();
          for (const [at, position] of positions.entries()) {
            // What is saved goes on as what was not.
            if (at === stop) handedOut = new HandedOut(handedOut.low, handedOut.ranges);
            handedOut.add(position);
          }
          const expected = new Set(positions);
          for (let position = 0; position < 62; position++) {
            expect(handedOut.has(position)).toBe(expected.has(position));
          }
          expect(handedOut.count).toBe(expected.size);
          expect(handedOut.end).toBe(Math.max(-1, ...positions) + 1);
          expect(handedOut.has(handedOut.low)).toBe(false);
          const runs = positions.filter((position) => !expected.has(position - 1)).length;
          expect(handedOut.ranges.length).toBe(runs - (expected.has(0) ? 1 : 0));
        },
      ),
    );
  });
});
