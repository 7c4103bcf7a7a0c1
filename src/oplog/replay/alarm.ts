import type { Clock } from "../../core/index.js";

/** One sleep at a time, which others may cut short. */
export class Alarm {
  readonly #clock: Clock;
  #sleep: { readonly until: number; readonly controller: AbortController } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** When the one who sleeps wakes up; undefined if nobody sleeps. */
  get until(): number | undefined {
    return this.#sleep?.until;
  }

  /** Sleeps until the time, at most `longestMs`. */
  async sleep(until: number, longestMs: number): Promise<void> {
    const controller = new AbortController();
    this.#sleep = { until, controller };
    try {
      const ms = Math.min(until - this.#clock.now(), longestMs);
      await this.#clock.sleep(Math.max(0, ms), controller.signal);
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    } finally {
      this.#sleep = undefined;
    }
  }

  ring(): void {
    this.#sleep?.controller.abort();
  }
}
