import { checkIndex } from "./item-at.js";

/** Items that are numbered over several parts: which part has which. */
export class Partition {
  readonly length: number;
  /** How many items stand before the end of each part. */
  readonly #ends: Float64Array;

  /** From the number of items in each part. */
  constructor(counts: readonly number[]) {
    this.#ends = new Float64Array(counts.length);
    let total = 0;
    for (const [part, count] of counts.entries()) {
      total += count;
      this.#ends[part] = total;
    }
    this.length = total;
  }

  /** The part and the item's number in it. Throws `invalid-argument` for an index outside. */
  find(index: number): { readonly part: number; readonly at: number } {
    checkIndex(index, this.length);
    let low = 0;
    let high = this.#ends.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ends[middle] as number) > index) high = middle;
      else low = middle + 1;
    }
    return { part: low, at: index - (low === 0 ? 0 : (this.#ends[low - 1] as number)) };
  }
}
