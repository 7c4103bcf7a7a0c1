import {
  AdaptiveLimit,
  type Clock,
  DEFAULT_RETRY_POLICY,
  type RetryPolicy,
  RetrySession,
  systemClock,
} from "../../core/index.js";
import { type LodeError, throwIfAborted, toLodeError } from "../../errors.js";
import type { Call, Operation } from "./intercept.js";

/** A failed try that will be repeated. */
export interface RetryEvent {
  readonly operation: Operation;
  readonly key: string;
  /** The number of the try that failed, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  /** Calls that may now be in flight. */
  readonly inFlightLimit: number;
  readonly error: LodeError;
}

export interface RetryOptions extends Partial<RetryPolicy> {
  /** Calls in flight while the provider does not complain of load. Default 256. */
  readonly maxInFlight?: number | undefined;
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** Numbers of [0, 1). */
  readonly random?: (() => number) | undefined;
}

/** The engine that the calls of one retry layer share. */
export class Retrier {
  readonly #policy: RetryPolicy;
  readonly #gate: AdaptiveLimit;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onRetry: ((event: RetryEvent) => void) | undefined;

  constructor(options: RetryOptions) {
    this.#policy = {
      attempts: options.attempts ?? DEFAULT_RETRY_POLICY.attempts,
      baseDelayMs: options.baseDelayMs ?? DEFAULT_RETRY_POLICY.baseDelayMs,
      maxDelayMs: options.maxDelayMs ?? DEFAULT_RETRY_POLICY.maxDelayMs,
      deadlineMs: options.deadlineMs ?? DEFAULT_RETRY_POLICY.deadlineMs,
    };
    this.#gate = new AdaptiveLimit(options.maxInFlight ?? 256);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#onRetry = options.onRetry;
  }

  /** A count of tries that begins now. */
  session(): RetrySession {
    return new RetrySession(this.#policy, this.#clock, this.#random);
  }

  /** Repeats `run`, told the number of the try, while its errors are `repeatable`. */
  async run<T>(
    call: Call,
    run: (attempt: number) => Promise<T>,
    repeatable: (error: LodeError) => boolean = isSafe,
  ): Promise<T> {
    const session = this.session();
    for (;;) {
      try {
        return await this.once(call, () => run(session.attempt));
      } catch (caught) {
        const error = toLodeError(caught, call.operation);
        if (!repeatable(error)) throw error;
        await this.pause(call, session, error);
      }
    }
  }

  /** One try, in its turn; the provider's complaints of load lower how many run at a time. */
  async once<T>(call: Call, run: () => Promise<T>): Promise<T> {
    const slot = await this.#gate.acquire(call.signal);
    try {
      const result = await run();
      slot.succeeded();
      return result;
    } catch (error) {
      if (isThrottle(toLodeError(error))) slot.throttled();
      else slot.failed();
      throw error;
    }
  }

  /** Waits until the next try, or throws the error as `exhausted` if there is none. */
  async pause(call: Call, session: RetrySession, error: LodeError): Promise<void> {
    const { attempt } = session;
    const delayMs = session.failed(error);
    if (delayMs === undefined) throw session.exhausted(error);
    throwIfAborted(call.signal, call.operation);
    this.#onRetry?.({
      operation: call.operation,
      key: call.key,
      attempt,
      delayMs,
      inFlightLimit: Math.floor(this.#gate.limit),
      error,
    });
    await this.#clock.sleep(delayMs, call.signal);
  }
}

/** True if repeating the same call can help. */
export function isSafe(error: LodeError): boolean {
  return error.retry === "safe";
}

/** True if the provider refused for load, and so did nothing. */
export function isThrottle(error: LodeError): boolean {
  return error.code === "rate-limited" || error.details.status === 503;
}
