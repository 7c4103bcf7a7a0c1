import { invalid } from "../invalid.js";
import { epochKeys, mix32 } from "./epoch-keys.js";
import type { EpochOrder, Sampler } from "./sampler.js";

export interface WeightedSamplerOptions {
  /** How many items an epoch has; as many as there are weights unless given. */
  readonly samples?: number | undefined;
  /** 0 unless given. */
  readonly seed?: number | undefined;
}

/**
 * Draws items with replacement, each as often as its weight says on average, and others in each epoch: for classes
 * of unequal size. Throws `invalid-argument` for weights that are negative, not finite, or all zero.
 */
export function weightedSampler(
  weights: ArrayLike<number>,
  { samples = weights.length, seed = 0 }: WeightedSamplerOptions = {},
): Sampler {
  if (!Number.isSafeInteger(samples) || samples < 0) {
    throw invalid(`an epoch cannot have ${samples} samples; give a whole number`);
  }
  const sums = runningSums(weights);
  const total = sums.at(-1) ?? 0;
  if (samples > 0 && !(total > 0)) throw invalid("the weights of all items are zero");
  return {
    order(epoch): EpochOrder {
      const keys = epochKeys("weighted", seed, epoch);
      return {
        length: samples,
        indexAt: (position) => firstAbove(sums, fractionAt(keys, position) * total),
      };
    },
  };
}

function runningSums(weights: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(weights.length);
  let sum = 0;
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index]!;
    if (!Number.isFinite(weight) || weight < 0) {
      throw invalid(`item ${index} cannot have the weight ${weight}; give a number from 0`);
    }
    sum += weight;
    sums[index] = sum;
  }
  return sums;
}

/** A number of [0, 1) with 53 bits for each position. */
function fractionAt(keys: Uint32Array, position: number): number {
  const low = position >>> 0;
  const high = Math.floor(position / 2 ** 32);
  const first = mix32(mix32(low ^ keys[0]!) ^ high ^ keys[1]!);
  const second = mix32(mix32(low ^ keys[2]!) ^ high ^ keys[3]!);
  return (first * 2 ** 21 + (second >>> 11)) / 2 ** 53;
}

/** The first index whose sum is above the value. An item of weight 0 is never the first. */
function firstAbove(sums: Float64Array, value: number): number {
  let from = 0;
  let to = sums.length - 1;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sums[middle]! > value) to = middle;
    else from = middle + 1;
  }
  return from;
}
