import { middleOfStep, stepOf } from "./log-linear.js";
import { TimeSlots } from "./time-slots.js";

/** Each power of two has 16 steps: quantiles are wrong by at most 3 %, which no plot shows. */
const STEP_BITS = 4;
/** Latencies below 2^10 ns count as the first step, those of 2^42 ns (73 min) and more as the last. */
const LEAST_STEP = 10 << STEP_BITS;
const STEPS = 32 << STEP_BITS;

/** Quantiles of latency along time, in a bounded number of slots. Times are nanoseconds. */
export class LatencySlots {
  readonly #slots: TimeSlots;

  constructor(slots: number, width: number) {
    this.#slots = new TimeSlots({ slots, fields: STEPS, width });
  }

  add(time: number, latency: number): void {
    const step = latency < 1 ? 0 : stepOf(latency, STEP_BITS) - LEAST_STEP;
    this.#slots.addAt(time, Math.min(STEPS - 1, Math.max(0, step)), 1);
  }

  /** Makes the slots at least as wide as `width`, which is theirs times a power of two. */
  widenTo(width: number): void {
    this.#slots.widenTo(width);
  }

  get width(): number {
    return this.#slots.width;
  }

  /** The quantiles of nearest rank in a slot, by its number; undefined if nothing fell into it. */
  quantiles(slot: number, shares: readonly number[]): number[] | undefined {
    const { first, last } = this.#slots;
    if (slot < first || slot > last) return undefined;
    let count = 0;
    for (let step = 0; step < STEPS; step++) count += this.#slots.sum(slot, step);
    if (count === 0) return undefined;
    return shares.map((share) => this.#quantile(slot, Math.max(1, Math.ceil(share * count))));
  }

  #quantile(slot: number, rank: number): number {
    let seen = 0;
    let step = -1;
    while (seen < rank && step < STEPS - 1) seen += this.#slots.sum(slot, ++step);
    return middleOfStep(step + LEAST_STEP, STEP_BITS);
  }
}
