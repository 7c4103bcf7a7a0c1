import { abortedError } from "../errors.js";

interface Waiter {
  readonly weight: number;
  readonly grant: () => void;
}

/** Gives back what was acquired; calling it again does nothing. */
export type Release = () => void;

/** Bounds the sum of the weights held at a time; first come, first served. */
export class Semaphore {
  #limit: number;
  #held = 0;
  readonly #waiting = new Set<Waiter>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get limit(): number {
    return this.#limit;
  }

  /** A lower limit takes nothing away: it is reached as holders release. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#grant();
  }

  /** Waits its turn. A weight above the limit is let in alone. Throws `aborted` if the signal fires. */
  async acquire(weight = 1, signal?: AbortSignal | undefined): Promise<Release> {
    if (signal?.aborted) throw abortedError("waiting for a slot", undefined, signal.reason);
    if (this.#waiting.size === 0 && this.#fits(weight)) {
      this.#held += weight;
    } else {
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          this.#waiting.delete(waiter);
          reject(abortedError("waiting for a slot", undefined, signal?.reason));
          this.#grant();
        };
        const grant = () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        };
        const waiter: Waiter = { weight, grant };
        signal?.addEventListener("abort", onAbort, { once: true });
        this.#waiting.add(waiter);
      });
    }
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#held -= weight;
      this.#grant();
    };
  }

  /** Runs the task while holding the weight. */
  async run<T>(task: () => Promise<T>, weight = 1, signal?: AbortSignal | undefined): Promise<T> {
    const release = await this.acquire(weight, signal);
    try {
      return await task();
    } finally {
      release();
    }
  }

  #fits(weight: number): boolean {
    return this.#held === 0 || this.#held + weight <= this.#limit;
  }

  #grant(): void {
    for (const waiter of this.#waiting) {
      if (!this.#fits(waiter.weight)) return;
      this.#waiting.delete(waiter);
      this.#held += waiter.weight;
      waiter.grant();
    }
  }
}
