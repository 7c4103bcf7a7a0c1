import { invalid } from "../invalid.js";
import { type DrawSlot, drawFrom } from "./shuffle-buffer.js";
import type { ItemPlace } from "./stream-state.js";

/** The state of a stream before an item is drawn. */
export interface StreamMoment {
  readonly position: number;
  readonly turn: number;
  readonly lanes: readonly (ItemPlace | null)[];
  readonly buffer: readonly ItemPlace[];
}

interface LaneEvent {
  readonly lane: number;
  readonly at: ItemPlace;
}

/**
 * What a stream did since the oldest position that may be asked for: a record for each item. The state at a
 * position is made by doing it again.
 */
export class StreamHistory {
  readonly #draw: DrawSlot | undefined;
  #position: number;
  #turn: number;
  readonly #lanes: (ItemPlace | null)[];
  readonly #buffer: ItemPlace[];
  #events: LaneEvent[] = [];
  /** For each item drawn, how many the lanes had given since the one before. */
  #given: number[] = [];
  #pending = 0;

  constructor(begin: StreamMoment, draw: DrawSlot | undefined) {
    this.#draw = draw;
    this.#position = begin.position;
    this.#turn = begin.turn;
    this.#lanes = [...begin.lanes];
    this.#buffer = [...begin.buffer];
  }

  /** A lane gave an item to the buffer. */
  given(lane: number, at: ItemPlace): void {
    this.#events.push({ lane, at });
    this.#pending++;
  }

  /** The next item was drawn from the buffer. */
  drawn(): void {
    this.#given.push(this.#pending);
    this.#pending = 0;
  }

  /** Forgets what was before a position. Throws `invalid-argument` for one forgotten or not reached. */
  forgetBefore(position: number): void {
    const steps = position - this.#position;
    if (!(steps >= 0 && steps <= this.#given.length)) {
      throw invalid(
        `the stream has no state at position ${position}, only at ${this.#position} to ${this.#position + this.#given.length}`,
      );
    }
    let done = 0;
    for (let step = 0; step < steps; step++) {
      for (const end = done + this.#given[step]!; done < end; done++) {
        const { lane, at } = this.#events[done]!;
        this.#lanes[lane] = at;
        this.#turn = (lane + 1) % this.#lanes.length;
        this.#buffer.push(at);
      }
      drawFrom(this.#buffer, this.#position, this.#draw);
      this.#position++;
    }
    this.#events = this.#events.slice(done);
    this.#given = this.#given.slice(steps);
  }

  /** The state at a position. Throws as `forgetBefore` does. */
  momentAt(position: number): StreamMoment {
    const then = new StreamHistory(this.#oldest(), this.#draw);
    then.#events = this.#events;
    then.#given = this.#given;
    then.forgetBefore(position);
    return then.#oldest();
  }

  #oldest(): StreamMoment {
    return {
      position: this.#position,
      turn: this.#turn,
      lanes: [...this.#lanes],
      buffer: [...this.#buffer],
    };
  }
}
