import { compareKeys } from "../../../core/index.js";

/** A block is split when it grows past this: small enough to move, large enough to have few. */
const MAX_BLOCK = 2048;

/**
 * A set of keys in order of their UTF-8 bytes, as sorted blocks: adding, removing and seeking cost
 * one search over the blocks and one inside a block, so that a million keys stay usable.
 */
export class SortedKeys {
  readonly #blocks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** False if the key was there. */
  add(key: string): boolean {
    if (this.#blocks.length === 0) this.#blocks.push([]);
    const b = Math.min(this.#findBlock(key), this.#blocks.length - 1);
    const block = this.#blocks[b]!;
    const at = lowerBound(block, key);
    if (block[at] === key) return false;
    block.splice(at, 0, key);
    this.#size++;
    if (block.length > MAX_BLOCK) this.#blocks.splice(b + 1, 0, block.splice(MAX_BLOCK / 2));
    return true;
  }

  /** False if the key was not there. */
  delete(key: string): boolean {
    const b = this.#findBlock(key);
    const block = this.#blocks[b];
    if (block === undefined) return false;
    const at = lowerBound(block, key);
    if (block[at] !== key) return false;
    block.splice(at, 1);
    this.#size--;
    if (block.length === 0) this.#blocks.splice(b, 1);
    return true;
  }

  /** The first key at or after `from`. */
  ceiling(from: string): string | undefined {
    const block = this.#blocks[this.#findBlock(from)];
    return block?.[lowerBound(block, from)];
  }

  /** The first key after `key`. */
  higher(key: string): string | undefined {
    // No key lies between a key and itself followed by U+0000, which keys cannot hold.
    return this.ceiling(`${key}\0`);
  }

  /** Index of the first block whose last key is at or after `key`; the number of blocks if none is. */
  #findBlock(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#blocks[middle]!.at(-1) ?? "", key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Index of the first key at or after `key` in a sorted array. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(keys[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
