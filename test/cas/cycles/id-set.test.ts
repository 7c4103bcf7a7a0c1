import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IdSet } from "../../../src/cas/cycles/index.js";

/** Few different bytes, so that ids meet in the same slots. */
const id = fc
  .array(fc.constantFrom("00", "01", "ff"), { minLength: 16, maxLength: 16 })
  .map((bytes) => bytes.join(""));

describe("IdSet", () => {
  it("numbers ids in the order in which they came, each once", () => {
    fc.assert(
      fc.property(fc.array(id, { maxLength: 300 }), id, (ids, other) => {
        const set = new IdSet(16);
        const numbers = new Map<string, number>();
        for (const one of ids) {
          if (!numbers.has(one)) numbers.set(one, numbers.size);
          expect(set.add(one)).toBe(numbers.get(one));
        }
        expect([...set]).toEqual([...numbers.keys()]);
        expect(set.numberOf(other)).toBe(numbers.get(other));
        for (const [one, number] of numbers) {
          expect(set.numberOf(one)).toBe(number);
          expect(set.id(number)).toBe(one);
        }
      }),
    );
  });
});
