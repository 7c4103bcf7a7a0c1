import type { Layer } from "../../../src/storage/backend.js";
import { intercept } from "../../../src/storage/layers/intercept.js";

/** How often another writer is let through next. */
const TURNS = 0.12;

/**
 * Lets the calls of several writers happen one by one. One writer goes on for a while, and the others wait in the middle
 * of what they do: an even mix would seldom show what happens when one of them is slow.
 */
export class Shuffling {
  readonly #random: () => number;
  readonly #lanes: (() => void)[][] = [];
  #favoured = 0;
  #ended = false;

  constructor(random: () => number) {
    this.#random = random;
    this.#pump();
  }

  /** Of one writer. */
  lane(): Layer {
    const lane: (() => void)[] = [];
    this.#lanes.push(lane);
    return (inner) =>
      intercept(inner, async (_, run) => {
        if (!this.#ended) await new Promise<void>((resolve) => lane.push(resolve));
        return run();
      });
  }

  /** From now on nothing waits. */
  end(): void {
    this.#ended = true;
    for (const next of this.#lanes.flat()) next();
  }

  #pump(): void {
    const busy = this.#lanes.filter((lane) => lane.length > 0);
    if (this.#random() < TURNS) this.#favoured = Math.floor(this.#random() * this.#lanes.length);
    const favoured = this.#lanes[this.#favoured] ?? [];
    const lane = favoured.length > 0 ? favoured : busy[Math.floor(this.#random() * busy.length)];
    lane?.shift()?.();
    if (!this.#ended) setImmediate(() => this.#pump());
  }
}
