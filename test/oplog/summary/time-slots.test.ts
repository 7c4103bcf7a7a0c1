import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LatencySlots } from "../../../src/oplog/summary/latency-slots.js";
import { TimeSlots } from "../../../src/oplog/summary/time-slots.js";

const spans = fc.array(
  fc.record({
    start: fc.integer({ min: -5000, max: 100_000 }),
    duration: fc.nat({ max: 3000 }),
    bytes: fc.nat({ max: 1_000_000 }),
  }),
  { minLength: 1, maxLength: 50 },
);

/** What a span has of its bytes within a slot. */
function shareWithin(
  span: { start: number; duration: number; bytes: number },
  from: number,
  to: number,
) {
  const { start, duration, bytes } = span;
  if (duration === 0) return start >= from && start < to ? bytes : 0;
  const inside = Math.min(start + duration, to) - Math.max(start, from);
  return inside > 0 ? (bytes * inside) / duration : 0;
}

describe("TimeSlots", () => {
  it("spreads spans over slots, whatever their order and however often slots were widened", () => {
    fc.assert(
      fc.property(spans, fc.integer({ min: 2, max: 40 }), (all, slots) => {
        const sums = new TimeSlots({ slots, fields: 2, width: 10 });
        for (const { start, duration, bytes } of all)
          sums.spread(start, start + duration, bytes, 1);
        expect(sums.last - sums.first).toBeLessThan(slots);
        expect(Math.log2(sums.width / 10) % 1).toBe(0);
        let objects = 0;
        for (let slot = sums.first; slot <= sums.last; slot++) {
          const from = slot * sums.width;
          const expected = all.map((span) => shareWithin(span, from, from + sums.width));
          expect(sums.sum(slot, 0)).toBeCloseTo(
            expected.reduce((a, b) => a + b, 0),
            3,
          );
          objects += sums.sum(slot, 1);
        }
        expect(objects).toBeCloseTo(all.length, 6);
      }),
    );
  });

  it("keeps the narrowest slots that reach", () => {
    const sums = new TimeSlots({ slots: 4, fields: 2, width: 1 });
    sums.spread(0, 3.5, 7, 1);
    expect([sums.width, sums.first, sums.last]).toEqual([1, 0, 3]);
    sums.cover(4, 4);
    expect([sums.width, sums.first, sums.last]).toEqual([2, 0, 2]);
    expect([0, 1, 2, 3, -1].map((slot) => sums.sum(slot, 0))).toEqual([4, 3, 0, 0, 0]);
  });
});

describe("LatencySlots", () => {
  it("has quantiles within 4 % in each slot from 1 us to an hour", () => {
    const latencies = fc.array(fc.integer({ min: 1024, max: 3_600_000_000_000 }), { minLength: 1 });
    fc.assert(
      fc.property(latencies, (values) => {
        const slots = new LatencySlots(8, 1);
        for (const [i, value] of values.entries()) slots.add(i % 2, value);
        for (const slot of [0, 1]) {
          const mine = values.filter((_, i) => i % 2 === slot).sort((a, b) => a - b);
          const told = slots.quantiles(slot, [0.5]);
          if (mine.length === 0) expect(told).toBeUndefined();
          else {
            const exact = mine[Math.ceil(mine.length / 2) - 1]!;
            expect(Math.abs(told![0]! - exact)).toBeLessThanOrEqual(exact * 0.04);
          }
        }
      }),
    );
  });

  it("takes what is shorter or longer for the shortest or longest", () => {
    const slots = new LatencySlots(8, 1);
    slots.add(0, 0);
    slots.add(1, Number.MAX_SAFE_INTEGER);
    expect(slots.quantiles(0, [0.5])![0]).toBeLessThan(1100);
    expect(slots.quantiles(1, [0.5])![0]).toBeGreaterThan(4e12);
    expect(slots.quantiles(2, [0.5])).toBeUndefined();
  });
});
