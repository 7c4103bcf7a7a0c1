import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RankShare, type Uneven } from "../../../src/loader/sampling/index.js";

function positions(total: number, ranks: number, uneven: Uneven): number[][] {
  return Array.from({ length: ranks }, (_, rank) => {
    const share = new RankShare(total, rank, ranks, uneven);
    return Array.from({ length: share.length }, (_, place) => share.positionAt(place));
  });
}

const shapes = [fc.nat(200), fc.integer({ min: 1, max: 20 })] as const;

describe("RankShare", () => {
  it("gives each position to one rank", () => {
    fc.assert(
      fc.property(...shapes, (total, ranks) => {
        const shares = positions(total, ranks, "keep");
        expect(shares.flat().sort((a, b) => a - b)).toEqual(
          Array.from({ length: total }, (_, i) => i),
        );
        for (const [rank, share] of shares.entries()) {
          expect(share.every((position) => position % ranks === rank)).toBe(true);
        }
      }),
    );
  });

  it("gives all ranks as many where it is asked to", () => {
    fc.assert(
      fc.property(...shapes, (total, ranks) => {
        const dropped = positions(total, ranks, "drop");
        expect(new Set(dropped.map((share) => share.length)).size).toBe(1);
        const kept = Math.floor(total / ranks) * ranks;
        expect(dropped.flat().sort((a, b) => a - b)).toEqual(
          Array.from({ length: kept }, (_, i) => i),
        );
        const repeated = positions(total, ranks, "repeat");
        expect(repeated.every((share) => share.length === Math.ceil(total / ranks))).toBe(true);
        expect(new Set(repeated.flat()).size).toBe(total);
        // None comes a third time before all came twice.
        const counts = new Map<number, number>();
        for (const position of repeated.flat())
          counts.set(position, (counts.get(position) ?? 0) + 1);
        const seen = [...counts.values()];
        expect(Math.max(0, ...seen) - Math.min(...seen, Math.max(0, ...seen))).toBeLessThanOrEqual(
          1,
        );
      }),
    );
  });

  it("refuses ranks that are none", () => {
    expect(() => new RankShare(10, 2, 2, "keep")).toThrow("there is no rank 2 of 2");
    expect(() => new RankShare(10, -1, 2, "keep")).toThrow("there is no rank -1 of 2");
    expect(() => new RankShare(10, 0, 0, "keep")).toThrow("rank 0 of 0 cannot be");
    expect(() => new RankShare(Number.NaN, 0, 1, "keep")).toThrow("cannot have NaN items");
    expect(() => new RankShare(10, 0.5, 2, "keep")).toThrow("rank 0.5 of 2 cannot be");
  });
});
