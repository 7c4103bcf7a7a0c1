import { type Clock, systemClock } from "../core/index.js";
import { throwIfAborted } from "../errors.js";

/** A clock whose sleeps end at once and move its time on; it remembers them. */
export class FakeClock implements Clock {
  /** Milliseconds of each sleep so far. */
  readonly sleeps: number[] = [];
  #now: number;

  constructor(now: number = systemClock.now()) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Moves the time on without a sleep. */
  advance(ms: number): void {
    this.#now += ms;
  }

  async sleep(ms: number, signal?: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal, "waiting");
    this.sleeps.push(ms);
    this.#now += ms;
  }
}
