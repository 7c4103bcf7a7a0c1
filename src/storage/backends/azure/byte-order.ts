import { compareKeys } from "../../../core/index.js";

/**
 * Puts a listing that comes by UTF-16 units, as the emulator's does, into the order of UTF-8 bytes.
 * The two differ only between a surrogate and U+E000 to U+FFFF at one place, so entries are held only
 * from a key with a surrogate on and while keys go on with its text before it and something as high.
 */
export class ByteOrder<T> {
  readonly #keyOf: (entry: T) => string;
  #held: T[] = [];
  #prefix = "";

  constructor(keyOf: (entry: T) => string) {
    this.#keyOf = keyOf;
  }

  /** Takes the next entries, sorted by either order; returns those whose place is certain. */
  add(entries: readonly T[]): T[] {
    const sorted = [...entries].sort((a, b) => (this.#keyOf(a) < this.#keyOf(b) ? -1 : 1));
    const ready: T[] = [];
    for (const entry of sorted) {
      const key = this.#keyOf(entry);
      if (this.#held.length > 0) {
        if (key.startsWith(this.#prefix) && key.charCodeAt(this.#prefix.length) >= 0xd800) {
          this.#held.push(entry);
          continue;
        }
        ready.push(...this.end());
      }
      const surrogate = key.search(/[\ud800-\udbff]/);
      if (surrogate < 0) {
        ready.push(entry);
      } else {
        this.#prefix = key.slice(0, surrogate);
        this.#held.push(entry);
      }
    }
    return ready;
  }

  /** What is still held, in order. */
  end(): T[] {
    const held = this.#held.sort((a, b) => compareKeys(this.#keyOf(a), this.#keyOf(b)));
    this.#held = [];
    return held;
  }
}
