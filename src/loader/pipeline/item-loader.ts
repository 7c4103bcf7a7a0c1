import { type Clock, fullJitter, type Release, type Semaphore } from "../../core/index.js";
import type { ItemInfo } from "./batch.js";
import { heldBytes } from "./held-bytes.js";
import type { ItemTask } from "./item-source.js";
import type { Outcome } from "./loaded-item.js";

/** Waits between tries, in milliseconds: short, since stores have tried for long themselves. */
const BACKOFF = { baseDelayMs: 100, maxDelayMs: 10_000 };

export interface ItemLoaderOptions<T, U> {
  readonly decode: (value: T, info: ItemInfo, signal: AbortSignal) => U | Promise<U>;
  /** How often reading is tried again. What was read and cannot be decoded has failed. */
  readonly retries: number;
  readonly slots: Semaphore;
  readonly clock: Clock;
  /** Gives numbers of [0, 1) for the waits. */
  readonly random: () => number;
  readonly onRetry: () => void;
}

/** Reads an item, again where that is asked for, and decodes it. */
export class ItemLoader<T, U> {
  readonly #options: ItemLoaderOptions<T, U>;

  constructor(options: ItemLoaderOptions<T, U>) {
    this.#options = options;
  }

  /** Never throws. The slot is given back once the item is read: decoding does not hold reads up. */
  async load(task: ItemTask<T>, slot: Release, signal: AbortSignal): Promise<Outcome<U>> {
    const { index, uri, byteLength } = task;
    try {
      const read = await this.#read(task, slot, signal);
      const bytesRead = heldBytes(read, byteLength);
      const value = await this.#options.decode(read, { index, uri }, signal);
      const held = Object.is(value, read) ? bytesRead : heldBytes(value, byteLength);
      return { value, bytesRead, held };
    } catch (error) {
      return { error };
    }
  }

  async #read(task: ItemTask<T>, slot: Release, signal: AbortSignal): Promise<T> {
    const { retries, slots, clock, random, onRetry } = this.#options;
    let release = slot;
    for (let failures = 1; ; failures++) {
      try {
        return await task.run(signal);
      } catch (error) {
        if (failures > retries || signal.aborted) throw error;
      } finally {
        release();
      }
      onRetry();
      await clock.sleep(fullJitter(BACKOFF, failures, random), signal);
      release = await slots.acquire(1, signal);
    }
  }
}
