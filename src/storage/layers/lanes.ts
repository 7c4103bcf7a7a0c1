/** Small numbers for calls under way: each has the smallest that no other one holds. */
export class Lanes {
  readonly #taken: boolean[] = [];
  /** No smaller one is free. */
  #lowest = 0;

  take(): number {
    let lane = this.#lowest;
    while (this.#taken[lane] === true) lane++;
    this.#taken[lane] = true;
    this.#lowest = lane + 1;
    return lane;
  }

  release(lane: number): void {
    this.#taken[lane] = false;
    if (lane < this.#lowest) this.#lowest = lane;
  }
}
