import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partRange, planParts } from "../../../src/storage/transfer/part-plan.js";

const MIB = 1 << 20;
const S3 = { minPartBytes: 5 * MIB, maxPartBytes: 5 * 1024 * MIB, maxParts: 10_000 };

describe("planParts", () => {
  it("covers every object of S3's size within S3's limits", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 * 1024 ** 4 }),
        fc.integer({ min: 1, max: 64 * MIB }),
        (size, wanted) => {
          const plan = planParts(size, S3, wanted);
          expect(plan.count).toBeLessThanOrEqual(S3.maxParts);
          expect(plan.partSize).toBeGreaterThanOrEqual(Math.max(S3.minPartBytes, wanted));
          expect(plan.partSize).toBeLessThanOrEqual(S3.maxPartBytes);
          const last = partRange(plan, size, plan.count);
          expect(last.end).toBe(size);
          expect(last.end - last.start).toBeLessThanOrEqual(plan.partSize);
          if (size > 0) expect(last.end).toBeGreaterThan(last.start);
        },
      ),
    );
  });

  it("keeps the wanted size while it is enough, to the byte", () => {
    expect(planParts(10_000 * 8 * MIB, S3, 8 * MIB)).toEqual({ partSize: 8 * MIB, count: 10_000 });
    expect(planParts(10_000 * 8 * MIB + 1, S3, 8 * MIB).partSize).toBe(9 * MIB);
    expect(planParts(2 * 8 * MIB, S3, 8 * MIB).count).toBe(2);
    expect(planParts(2 * 8 * MIB + 1, S3, 8 * MIB).count).toBe(3);
  });

  it("refuses what no part size can hold", () => {
    const limits = { minPartBytes: 1, maxPartBytes: 10, maxParts: 3 };
    expect(planParts(30, limits, 1)).toEqual({ partSize: 10, count: 3 });
    expect(() => planParts(31, limits, 1)).toThrowError(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});
