import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  boxText,
  chunkBox,
  chunkRange,
  fitsInto,
  intersectBoxes,
  subtractBox,
  type TensorBox,
} from "../../../src/checkpoints/tensors/box.js";
import { choices, indicesOf } from "./partitions.js";

const SHAPE = [5, 4, 3];

function boxes(): fc.Arbitrary<[TensorBox, TensorBox]> {
  return choices().map((choose) => {
    const box = (): TensorBox => {
      const offset = SHAPE.map((length) => choose(choose(3) === 0 ? length + 1 : 2));
      const shape = SHAPE.map((length, axis) => {
        const most = length - offset[axis]!;
        return choose(8) === 0 ? 0 : most - choose(Math.max(1, most - 1));
      });
      return { offset, shape };
    };
    return [box(), box()];
  });
}

const indices = (...all: readonly TensorBox[]) => all.flatMap((box) => [...indicesOf(box, SHAPE)]);

describe("boxes", () => {
  it("share the elements that are in both, and are cut into the others", () => {
    fc.assert(
      fc.property(boxes(), ([a, b]) => {
        const inB = new Set(indices(b));
        const shared = intersectBoxes(a, b);
        const both = indices(a).filter((index) => inB.has(index));
        expect(shared === undefined ? [] : indices(shared)).toEqual(both);
        if (shared === undefined) return;
        const left = indices(...subtractBox(a, shared));
        const others = indices(a).filter((index) => !inB.has(index));
        expect(left.toSorted((x, y) => x - y)).toEqual(others);
      }),
      { numRuns: 500 },
    );
  });

  it("fit into a shape or not", () => {
    expect(fitsInto({ offset: [1, 4], shape: [4, 0] }, [5, 4])).toBe(true);
    expect(fitsInto({ offset: [], shape: [] }, [])).toBe(true);
    const wrong: TensorBox[] = [
      { offset: [2], shape: [4] },
      { offset: [-1], shape: [1] },
      { offset: [0.5], shape: [1] },
      { offset: [0], shape: [0.5] },
      { offset: [0], shape: [-1] },
      { offset: [Number.NaN], shape: [1] },
      { offset: [], shape: [] },
      { offset: [0, 0], shape: [1, 1] },
    ];
    for (const box of wrong)
      expect([boxText(box), fitsInto(box, [5])]).toEqual([boxText(box), false]);
  });

  it("are cut as torch.chunk cuts", () => {
    const ranges = (length: number, worldSize: number) =>
      Array.from({ length: worldSize }, (_, rank) => {
        const { start, end } = chunkRange(length, rank, worldSize);
        return end - start;
      });
    expect(ranges(10, 4)).toEqual([3, 3, 3, 1]);
    expect(ranges(5, 4)).toEqual([2, 2, 1, 0]);
    expect(ranges(2, 4)).toEqual([1, 1, 0, 0]);
    expect(ranges(0, 2)).toEqual([0, 0]);
    expect(chunkBox([6, 10], 1, 3, 4)).toEqual({ offset: [0, 9], shape: [6, 1] });
    expect(() => chunkBox([6, 10], 2, 0, 4)).toThrow(/no axis 2/);
    expect(() => chunkBox([6], 0, 4, 4)).toThrow(/no rank 4 of 4/);
  });
});
