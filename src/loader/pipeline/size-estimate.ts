/** Learns by how much items are larger in memory than was told beforehand, such as images once they are decoded. */
export class SizeEstimate {
  #told = 0;
  #held = 0;
  #items = 0;

  /** Bytes that an item will likely hold: never less than was told. */
  of(told: number): number {
    if (this.#items === 0) return told;
    if (this.#told === 0) return Math.max(told, Math.ceil(this.#held / this.#items));
    return Math.max(told, Math.ceil(told * (this.#held / this.#told)));
  }

  learn(told: number, held: number): void {
    this.#told += told;
    this.#held += held;
    this.#items++;
  }
}
