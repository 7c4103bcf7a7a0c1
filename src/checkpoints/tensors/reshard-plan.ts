import { LodeError } from "../../errors.js";
import {
  checkArrayBytes,
  shapeText,
  TENSOR_DTYPES,
  type TensorDtype,
  tensorBytes,
} from "../../formats/index.js";
import {
  boxText,
  checkRank,
  chunkBox,
  fitsInto,
  intersectBoxes,
  isEmptyBox,
  subtractBox,
  type TensorBox,
  wholeBox,
} from "./box.js";
import {
  type GlobalTensor,
  globalTensors,
  type SavedTensor,
  type TensorPart,
} from "./global-tensors.js";
import { checkPositive } from "./in-turns.js";
import type { TensorShard } from "./open-tensors.js";
import { copiesOf, joinReads, type PlannedRead, type ReadCopy, type ReadLimits } from "./reads.js";
import { cutRuns, runsOf } from "./runs.js";

/** How tensors are cut for a new number of ranks. */
export interface ReshardTarget extends Partial<ReadLimits> {
  /** The rank to load for, from 0, and how many there are now. */
  readonly rank: number;
  readonly worldSize: number;
  /** Tensors to load. Default all. */
  readonly names?: Iterable<string> | undefined;
  /**
   * The axis that tensors saved as parts are cut along. Default the one that they were cut along when they
   * were saved, 0 for a part that was all of its tensor.
   */
  readonly axis?: number | undefined;
  /**
   * The part of a tensor that this rank has, where the caller cuts tensors itself; `undefined` for a tensor
   * that is cut as others are.
   */
  readonly boxes?: ((tensor: GlobalTensor) => TensorBox | undefined) | undefined;
}

/** A tensor as the new rank has it. */
export interface PlannedTensor {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly globalShape: readonly number[];
  readonly box: TensorBox;
  /** Whether it is told as a part of a global tensor. */
  readonly sliced: boolean;
  readonly bytes: number;
}

export interface ReshardPlan {
  readonly tensors: readonly PlannedTensor[];
  /** By shard and place in it; `array` of their copies counts `tensors`. */
  readonly reads: readonly PlannedRead[];
}

/** A gap is read along where asking again would cost more. */
const GAP_BYTES = 64 * 1024;
const READ_BYTES = 32 * 1024 * 1024;

/**
 * What one rank of a new world size reads of which shard. Tensors that were saved as parts are cut by `boxes`,
 * else along one axis as {@link chunkBox} does; others are given whole, from one of the shards that have them. No
 * element is read twice. Throws `corrupt-format` where shards contradict each other or none has a part,
 * `not-found` for a name that none has, `invalid-argument` for a rank, an axis or a box that cannot be.
 */
export function reshardPlan(shards: readonly TensorShard[], target: ReshardTarget): ReshardPlan {
  checkRank(target.rank, target.worldSize);
  const { gapBytes = GAP_BYTES, readBytes = READ_BYTES } = target;
  const limits = { gapBytes, readBytes };
  checkPositive("readBytes", readBytes);
  if (!(gapBytes >= 0)) throw invalid(`gapBytes cannot be ${gapBytes}; give a number from 0`);
  const tensors: PlannedTensor[] = [];
  const copies: ReadCopy[][] = shards.map(() => []);
  for (const saved of globalTensors(shards, target.names)) {
    const { name, dtype, shape: globalShape } = saved;
    const box = boxOf(saved, target);
    const bytes = tensorBytes(dtype, box.shape);
    checkArrayBytes(name, bytes);
    const sliced = saved.sliced || !isWhole(box, globalShape);
    const array = tensors.push({ name, dtype, globalShape, box, sliced, bytes }) - 1;
    for (const { part, box: piece } of coveringPieces(saved, box, target.rank)) {
      const runs = runsOf({
        box: piece,
        source: part.box,
        sourceStart: part.start,
        target: box,
        itemBytes: TENSOR_DTYPES[dtype].itemBytes,
      });
      for (const cut of cutRuns(runs, readBytes)) {
        for (const copy of copiesOf(array, cut, limits)) copies[part.shard]!.push(copy);
      }
    }
  }
  return { tensors, reads: copies.flatMap((own, shard) => joinReads(shard, own, limits)) };
}

function boxOf(saved: SavedTensor, { boxes, axis, rank, worldSize }: ReshardTarget): TensorBox {
  const { name, dtype, shape, sliced } = saved;
  const own = boxes?.({ name, dtype, shape, sliced });
  if (own !== undefined) {
    if (fitsInto(own, shape)) return own;
    throw invalid(
      `the box ${boxText(own)} of tensor ${JSON.stringify(name)} does not fit into its shape ${shapeText(shape)}`,
    );
  }
  if (!sliced || shape.length === 0) return wholeBox(shape);
  return chunkBox(shape, axis ?? savedAxis(saved), rank, worldSize);
}

/** The axis that the parts of a tensor were cut along. */
function savedAxis({ name, shape, parts }: SavedTensor): number {
  const axes = shape.flatMap((length, axis) =>
    parts.some(({ box }) => box.shape[axis] !== length) ? [axis] : [],
  );
  if (axes.length <= 1) return axes[0] ?? 0;
  throw invalid(
    `tensor ${JSON.stringify(name)} was saved cut along the axes ${axes.join(" and ")}; give the axis, or its boxes`,
  );
}

interface Piece {
  readonly part: TensorPart;
  readonly box: TensorBox;
}

/** What is taken of which part, so that each element of the box is taken once. */
function coveringPieces(saved: SavedTensor, box: TensorBox, rank: number): Piece[] {
  const pieces: Piece[] = [];
  let open = isEmptyBox(box) ? [] : [box];
  const { parts } = saved;
  for (let i = 0; i < parts.length && open.length > 0; i++) {
    // Ranks begin at different shards, so that they do not all read their copies of the same one.
    const part = parts[(i + rank) % parts.length]!;
    open = open.flatMap((region) => {
      const shared = intersectBoxes(region, part.box);
      if (shared === undefined) return [region];
      pieces.push({ part, box: shared });
      return subtractBox(region, shared);
    });
  }
  if (open.length === 0) return pieces;
  throw new LodeError({
    code: "corrupt-format",
    message: `no shard has the part ${boxText(open[0]!)} of tensor ${JSON.stringify(saved.name)}; the checkpoint is not whole`,
    details: { tensor: saved.name, boxes: open },
  });
}

function isWhole({ shape }: TensorBox, globalShape: readonly number[]): boolean {
  return shape.every((length, axis) => length === globalShape[axis]);
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
