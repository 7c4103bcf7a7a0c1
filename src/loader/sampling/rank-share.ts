import { invalid } from "../invalid.js";

/**
 * What becomes of an epoch whose positions are no multiple of the ranks: `keep` gives the first ranks one more,
 * `drop` leaves the last positions out, `repeat` gives the first positions a second time.
 */
export type Uneven = "keep" | "drop" | "repeat";

/** The positions of an epoch that are a rank's: all those that are the rank modulo the number of ranks. */
export class RankShare {
  /** How many positions the rank has. */
  readonly length: number;
  readonly #total: number;
  readonly #rank: number;
  readonly #ranks: number;

  /** Throws `invalid-argument` for a rank that is none of the `ranks`, and a `total` that is no length. */
  constructor(total: number, rank: number, ranks: number, uneven: Uneven) {
    if (!Number.isSafeInteger(total) || total < 0) {
      throw invalid(`an epoch cannot have ${total} items; give a whole number as its length`);
    }
    if (!Number.isSafeInteger(ranks) || ranks < 1 || !Number.isSafeInteger(rank)) {
      throw invalid(`rank ${rank} of ${ranks} cannot be; give whole numbers, ranks from 0`);
    }
    if (rank < 0 || rank >= ranks) {
      throw invalid(`there is no rank ${rank} of ${ranks}; ranks are counted from 0`);
    }
    this.#total = total;
    this.#rank = rank;
    this.#ranks = ranks;
    this.length = shareOf(total, rank, ranks, uneven);
  }

  /** The epoch's position at a place of the rank's, from 0 to `length - 1`. */
  positionAt(place: number): number {
    const position = this.#rank + place * this.#ranks;
    return position < this.#total ? position : position % this.#total;
  }
}

function shareOf(total: number, rank: number, ranks: number, uneven: Uneven): number {
  const each = Math.floor(total / ranks);
  const rest = total % ranks;
  if (uneven === "drop" || rest === 0) return each;
  if (uneven === "repeat") return each + 1;
  return rank < rest ? each + 1 : each;
}
