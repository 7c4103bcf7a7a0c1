import { invalid } from "../invalid.js";
import { shuffled } from "./shuffled.js";

/** The order of one epoch over all ranks: `length` positions, each of which is an item. */
export interface EpochOrder {
  readonly length: number;
  /** The index of the item at a position from 0 to `length - 1`; the same one each time it is asked for. */
  indexAt(position: number): number;
}

/** Says which items an epoch has, and in which order. An item may come more than once, or never. */
export interface Sampler {
  order(epoch: number): EpochOrder;
}

/** All items of a data set in its own order. */
export function sequentialSampler(length: number): Sampler {
  const order: EpochOrder = { length, indexAt: (position) => position };
  return { order: () => order };
}

/** All items in an order of its own for each epoch: see {@link shuffled}. */
export function shuffleSampler(length: number, seed: number): Sampler {
  return {
    order(epoch) {
      return { length, indexAt: shuffled(length, seed, epoch) };
    },
  };
}

/**
 * The items with these indices, in the order given, or in one of its own for each epoch where a `seed` is given.
 * Throws `invalid-argument` for what is no index.
 */
export function subsetSampler(
  indices: ArrayLike<number>,
  { seed }: { readonly seed?: number | undefined } = {},
): Sampler {
  const chosen = Array.from(indices);
  for (const index of chosen) {
    if (!Number.isSafeInteger(index) || index < 0) throw invalid(`${index} is no index of an item`);
  }
  const positions =
    seed === undefined ? sequentialSampler(chosen.length) : shuffleSampler(chosen.length, seed);
  return {
    order(epoch) {
      const { length, indexAt } = positions.order(epoch);
      return { length, indexAt: (position) => chosen[indexAt(position)]! };
    },
  };
}
