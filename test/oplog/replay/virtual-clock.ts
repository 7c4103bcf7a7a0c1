import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../../src/core/index.js";
import { abortedError } from "../../../src/errors.js";

/**
 * A clock whose time goes on, to the next end of a sleep, only when nothing else is left to do: what
 * happens at a time is then the same in each run.
 */
export class VirtualClock implements Clock {
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  #now = 0;
  #turning = false;

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", () => {
        if (this.#sleepers.delete(sleeper)) reject(abortedError("waiting"));
      });
      void this.#turn();
    });
  }

  async #turn(): Promise<void> {
    if (this.#turning) return;
    this.#turning = true;
    while (this.#sleepers.size > 0) {
      // One who lets the event loop turn is not idle: he goes on after a turn of it.
      for (let i = 0; i < 4; i++) await turn();
      const [next] = [...this.#sleepers].sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#sleepers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#turning = false;
  }
}
