import { type Release, Semaphore } from "./semaphore.js";

/** A held place in an {@link AdaptiveLimit}; tell how the call went, once. */
export interface AdaptiveSlot {
  succeeded(): void;
  /** The provider asked for less. */
  throttled(): void;
  /** Failed for a reason that says nothing of load. */
  failed(): void;
}

/**
 * How many calls may be in flight, learned from the provider: halved when it refuses for load, one
 * more for every round of successes (additive increase, multiplicative decrease: RFC 5681 §3.1).
 */
export class AdaptiveLimit {
  readonly #max: number;
  readonly #slots: Semaphore;
  #decreases = 0;

  constructor(max: number) {
    this.#max = max;
    this.#slots = new Semaphore(max);
  }

  get limit(): number {
    return this.#slots.limit;
  }

  async acquire(signal?: AbortSignal | undefined): Promise<AdaptiveSlot> {
    const release: Release = await this.#slots.acquire(1, signal);
    const seen = this.#decreases;
    return {
      succeeded: () => {
        this.#slots.limit = Math.min(this.#max, this.limit + 1 / this.limit);
        release();
      },
      throttled: () => {
        // Calls sent before the last decrease say nothing new: one burst halves once.
        if (seen === this.#decreases) {
          this.#decreases++;
          this.#slots.limit = Math.max(1, Math.min(this.limit, this.#slots.held) / 2);
        }
        release();
      },
      failed: release,
    };
  }
}
