import { LodeError } from "../../errors.js";

/** A part of a tensor: its first index and its extent on every axis, in elements. */
export interface TensorBox {
  readonly offset: readonly number[];
  readonly shape: readonly number[];
}

const MAX_AXES_SHOWN = 12;

/** The whole of a tensor. */
export function wholeBox(shape: readonly number[]): TensorBox {
  return { offset: shape.map(() => 0), shape };
}

export function isEmptyBox({ shape }: TensorBox): boolean {
  return shape.includes(0);
}

/** Whether the box has the tensor's axes and lies inside it. */
export function fitsInto({ offset, shape }: TensorBox, whole: readonly number[]): boolean {
  return (
    offset.length === whole.length &&
    shape.length === whole.length &&
    whole.every((length, axis) => {
      const [from, count] = [offset[axis]!, shape[axis]!];
      return isLength(from) && isLength(count) && from + count <= length;
    })
  );
}

function isLength(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}

/** What two boxes of one tensor share; `undefined` if that is no element. */
export function intersectBoxes(a: TensorBox, b: TensorBox): TensorBox | undefined {
  const offset = a.offset.map((from, axis) => Math.max(from, b.offset[axis]!));
  const shape = offset.map((from, axis) => {
    const aEnd = a.offset[axis]! + a.shape[axis]!;
    const bEnd = b.offset[axis]! + b.shape[axis]!;
    return Math.min(aEnd, bEnd) - from;
  });
  return shape.some((count) => count <= 0) ? undefined : { offset, shape };
}

/** What is left of a box without the `hole` inside it, as boxes that do not overlap. */
export function subtractBox(box: TensorBox, hole: TensorBox): TensorBox[] {
  const left: TensorBox[] = [];
  const offset = [...box.offset];
  const shape = [...box.shape];
  for (let axis = 0; axis < offset.length; axis++) {
    const [from, count] = [hole.offset[axis]!, hole.shape[axis]!];
    const end = offset[axis]! + shape[axis]!;
    const slab = (start: number, stop: number): void => {
      if (start < stop) {
        left.push({ offset: offset.with(axis, start), shape: shape.with(axis, stop - start) });
      }
    };
    slab(offset[axis]!, from);
    slab(from + count, end);
    offset[axis] = from;
    shape[axis] = count;
  }
  return left;
}

/** The box as Python writes an index: `[0:4, 2:3]`; of many axes the first ones. */
export function boxText({ offset, shape }: TensorBox): string {
  const axes = offset.slice(0, MAX_AXES_SHOWN).map((from, i) => `${from}:${from + shape[i]!}`);
  return `[${axes.join(", ")}${offset.length > MAX_AXES_SHOWN ? ", …" : ""}]`;
}

/**
 * The part of `length` that a rank has: all ranks have `ceil(length / worldSize)`, the last ones that are
 * left over less or nothing. That is the rule of `torch.chunk`, which PyTorch's DTensor and FSDP cut by.
 */
export function chunkRange(
  length: number,
  rank: number,
  worldSize: number,
): { readonly start: number; readonly end: number } {
  const chunk = Math.ceil(length / worldSize);
  return { start: Math.min(length, rank * chunk), end: Math.min(length, (rank + 1) * chunk) };
}

/** The part of a tensor that a rank has where `axis` is cut by {@link chunkRange}. Throws `invalid-argument`. */
export function chunkBox(
  shape: readonly number[],
  axis: number,
  rank: number,
  worldSize: number,
): TensorBox {
  checkRank(rank, worldSize);
  const length = shape[axis];
  if (length === undefined) {
    throw new LodeError({
      code: "invalid-argument",
      message: `a tensor of ${shape.length} axes has no axis ${axis} to cut`,
    });
  }
  const { start, end } = chunkRange(length, rank, worldSize);
  return {
    offset: shape.map((_, i) => (i === axis ? start : 0)),
    shape: shape.with(axis, end - start),
  };
}

/** Throws `invalid-argument` unless `rank` is one of `worldSize`. */
export function checkRank(rank: number, worldSize: number): void {
  if (isLength(rank) && isLength(worldSize) && rank < worldSize) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `there is no rank ${rank} of ${worldSize}; give whole numbers, the rank from 0`,
  });
}
