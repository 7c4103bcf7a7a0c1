import type { RefTally } from "./store-stats.js";

/** Refs of one kind; a bit for each blob tells whether it has been counted. */
export class RefCounter {
  readonly tally: { -readonly [K in keyof RefTally]: RefTally[K] } = {
    refs: 0,
    blobs: 0,
    uniqueBytes: 0,
    logicalBytes: 0,
  };
  #seen = new Uint8Array(64);

  /** @param blob Undefined for one that is not there. */
  add(blob: number | undefined, size: number): void {
    this.tally.refs++;
    if (blob === undefined) return;
    this.tally.logicalBytes += size;
    if (blob >> 3 >= this.#seen.length) {
      const more = new Uint8Array(Math.max(this.#seen.length * 2, (blob >> 3) + 1));
      more.set(this.#seen);
      this.#seen = more;
    }
    const bit = 1 << (blob & 7);
    const byte = this.#seen[blob >> 3]!;
    if ((byte & bit) !== 0) return;
    this.#seen[blob >> 3] = byte | bit;
    this.tally.blobs++;
    this.tally.uniqueBytes += size;
  }
}
