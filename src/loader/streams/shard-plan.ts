import { shuffled } from "../sampling/index.js";

export interface ShardPlanOptions {
  readonly shuffle: boolean;
  readonly seed: number;
  readonly epoch: number;
  readonly shardRank: number;
  readonly shardWorldSize: number;
}

/** What a rank reads in an epoch. A place is an index into `shards`. */
export interface ShardPlan {
  /** Numbers of the shards, in the order in which they are read. */
  readonly shards: readonly number[];
  /** Whether the item with this ordinal is the rank's. */
  owns(place: number, ordinal: number): boolean;
}

/**
 * The shards of one rank. The epoch's order of shards, the same on all ranks, is that of the data set, or with
 * `shuffle` the permutation `shuffled(count, seed, epoch)`. Where there are as many shards as ranks or more, the rank
 * has those whose positions in that order are its own modulo the number of ranks, whole. Else it reads all shards and
 * keeps of the shard at position `p` the items `i` with `(i + p) mod ranks = rank`. Either way the ranks' items are
 * disjoint and complete.
 */
export function planShards(count: number, options: ShardPlanOptions): ShardPlan {
  const { shuffle, seed, epoch, shardRank, shardWorldSize } = options;
  const shardAt = shuffle ? shuffled(count, seed, epoch) : (position: number) => position;
  const order = Array.from({ length: count }, (_, position) => shardAt(position));
  if (count >= shardWorldSize) {
    const shards = order.filter((_, position) => position % shardWorldSize === shardRank);
    return { shards, owns: () => true };
  }
  return {
    shards: order,
    owns: (place, ordinal) => (ordinal + place) % shardWorldSize === shardRank,
  };
}
