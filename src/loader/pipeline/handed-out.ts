/** Positions from the first on, and before the second. */
export type PositionRange = readonly [from: number, to: number];

/**
 * Which positions of an epoch were handed out: all below `low`, and beyond it those in `ranges`, of which there
 * are no more than items under way.
 */
export class HandedOut {
  #low: number;
  /** In order, and never next to each other or to `low`. */
  readonly #ranges: [from: number, to: number][];

  constructor(low = 0, ranges: readonly PositionRange[] = []) {
    this.#low = low;
    this.#ranges = ranges.map(([from, to]) => [from, to]);
  }

  get low(): number {
    return this.#low;
  }

  get ranges(): readonly PositionRange[] {
    return this.#ranges.map(([from, to]) => [from, to]);
  }

  /** How many positions in all. */
  get count(): number {
    return this.#ranges.reduce((sum, [from, to]) => sum + to - from, this.#low);
  }

  /** One past the last position. */
  get end(): number {
    return this.#ranges.at(-1)?.[1] ?? this.#low;
  }

  has(position: number): boolean {
    if (position < this.#low) return true;
    const range = this.#ranges[this.#firstEndingBeyond(position)];
    return range !== undefined && range[0] <= position;
  }

  /** Adds a position that is not there yet. */
  add(position: number): void {
    if (position === this.#low) {
      this.#low++;
      if (this.#ranges[0]?.[0] === this.#low) this.#low = this.#ranges.shift()![1];
      return;
    }
    const at = this.#firstEndingBeyond(position);
    const before = this.#ranges[at - 1];
    const behind = this.#ranges[at];
    const joinsBefore = before?.[1] === position;
    const joinsBehind = behind?.[0] === position + 1;
    if (joinsBefore && joinsBehind) {
      before[1] = behind[1];
      this.#ranges.splice(at, 1);
    } else if (joinsBefore) before[1]++;
    else if (joinsBehind) behind[0]--;
    else this.#ranges.splice(at, 0, [position, position + 1]);
  }

  #firstEndingBeyond(position: number): number {
    let from = 0;
    let to = this.#ranges.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#ranges[middle]![1] > position) to = middle;
      else from = middle + 1;
    }
    return from;
  }
}
