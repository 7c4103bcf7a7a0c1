import type { LodeError } from "../errors.js";
import type { Clock } from "./clock.js";

/** How long and how often a call is repeated. Times are in milliseconds. */
export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** Upper bound of the first wait; doubles with each failure. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** No try begins later than this after the first one; a try that runs is not cut short. */
  readonly deadlineMs: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  attempts: 8,
  baseDelayMs: 100,
  maxDelayMs: 20_000,
  deadlineMs: 180_000,
};

/**
 * A wait drawn evenly from zero to the exponential bound, so that clients which failed together do
 * not come back together ("full jitter":
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * @param failures how many tries have failed, from 1
 * @param random gives numbers of [0, 1)
 */
export function fullJitter(
  policy: Pick<RetryPolicy, "baseDelayMs" | "maxDelayMs">,
  failures: number,
  random: () => number,
): number {
  return random() * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (failures - 1));
}

/** The tries of one call. */
export class RetrySession {
  readonly #policy: RetryPolicy;
  readonly #clock: Clock;
  readonly #random: () => number;
  #attempt = 1;
  readonly #startedAt: number;

  constructor(policy: RetryPolicy, clock: Clock, random: () => number) {
    this.#policy = policy;
    this.#clock = clock;
    this.#random = random;
    this.#startedAt = clock.now();
  }

  /** The number of the try that runs, from 1. */
  get attempt(): number {
    return this.#attempt;
  }

  /**
   * Counts a failure: milliseconds to wait before the next try, or undefined if there is none. A
   * provider's Retry-After (`details.retryAfterMs`) is the least wait.
   */
  failed(error: LodeError): number | undefined {
    if (this.#attempt >= this.#policy.attempts) return undefined;
    const { retryAfterMs } = error.details;
    const least = typeof retryAfterMs === "number" && retryAfterMs > 0 ? retryAfterMs : 0;
    const delay = Math.max(least, fullJitter(this.#policy, this.#attempt, this.#random));
    const elapsed = this.#clock.now() - this.#startedAt;
    if (elapsed + delay > this.#policy.deadlineMs) return undefined;
    this.#attempt++;
    return delay;
  }

  /** The error to throw after giving up. */
  exhausted(error: LodeError): LodeError {
    const seconds = ((this.#clock.now() - this.#startedAt) / 1000).toFixed(1);
    return error.with({
      retry: "exhausted",
      message: `${error.message} (gave up after ${this.#attempt} attempts in ${seconds} s)`,
      details: { attempts: this.#attempt },
    });
  }
}
