import { abortedError, LodeError } from "../errors.js";

interface Waiter {
  readonly bytes: number;
  readonly grant: () => void;
}

/**
 * A semaphore of bytes, first come first served, so that a large request is not overtaken for ever
 * by small ones. A request above the whole limit is granted when nothing else is held.
 */
export class ByteBudget {
  readonly limit: number;
  #held = 0;
  #waiting: Waiter[] = [];

  /** Throws `invalid-argument` unless `limit` is a positive whole number. */
  constructor(limit: number) {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new LodeError({
        code: "invalid-argument",
        message: `a memory limit of ${limit} bytes cannot be kept; give a positive whole number`,
      });
    }
    this.limit = limit;
  }

  /** Bytes handed out now. */
  get held(): number {
    return this.#held;
  }

  /** Takes the bytes if nobody waits and they are free. */
  tryAcquire(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return false;
    this.#held += bytes;
    return true;
  }

  /** Throws `aborted` if the signal fires while it waits. */
  async acquire(bytes: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw abortedError("waiting for memory", undefined, signal.reason);
    if (this.tryAcquire(bytes)) return;
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(abortedError("waiting for memory", undefined, signal?.reason));
        this.#grantWaiting();
      };
      const waiter: Waiter = {
        bytes,
        grant: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      this.#waiting.push(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Takes the bytes at once, also beyond the limit: what cannot wait, or proves larger than was asked for. */
  take(bytes: number): void {
    this.#held += bytes;
  }

  release(bytes: number): void {
    this.#held -= bytes;
    this.#grantWaiting();
  }

  #grantWaiting(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (!this.#fits(first.bytes)) return;
      this.#held += first.bytes;
      this.#waiting.shift();
      first.grant();
    }
  }

  #fits(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.limit;
  }
}
