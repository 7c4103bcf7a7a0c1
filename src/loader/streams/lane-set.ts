import type { StreamDataset, StreamItem } from "../dataset.js";
import { Lane, type LaneItem } from "./lane.js";
import { byPlace, firstOf, restoreBuffer } from "./restore-buffer.js";
import type { ShardPlan } from "./shard-plan.js";
import type { StreamMoment } from "./stream-history.js";
import { readAheadOf, type StreamSourceOptions } from "./stream-options.js";
import type { ItemPlace } from "./stream-state.js";

/** An item and the lane that gave it. */
export interface GivenItem<T> extends LaneItem<T> {
  readonly lane: number;
}

/** The lanes of a source, which give an item each in turn. */
export class LaneSet<T> {
  readonly #dataset: StreamDataset<T>;
  readonly #plan: ShardPlan;
  readonly #begin: StreamMoment;
  readonly #options: StreamSourceOptions;
  readonly #open = new Set<Lane<T>>();
  #lanes: readonly Lane<T>[] = [];
  #turn: number;
  #closed = false;

  constructor(
    dataset: StreamDataset<T>,
    plan: ShardPlan,
    begin: StreamMoment,
    options: StreamSourceOptions,
  ) {
    this.#dataset = dataset;
    this.#plan = plan;
    this.#begin = begin;
    this.#options = options;
    this.#turn = begin.turn;
  }

  /**
   * Begins to read, and reads again what the buffer held at the beginning: each shard once, from the first item
   * needed. Gives the buffer's items in its order.
   */
  async start(): Promise<StreamItem<T>[]> {
    const { buffer, lanes } = this.#begin;
    const groups = byPlace(buffer);
    this.#lanes = lanes.map((last, lane) => this.#lane(lane, last, groups));
    return restoreBuffer<T>({
      wanted: buffer,
      laneOf: (place, wanted) => {
        const lane = lanes.findIndex((last) => last?.place === place);
        return this.#lanes[lane] ?? this.#openLane([place], firstOf(wanted), acceptsOf(wanted));
      },
      done: async (lane) => {
        if (this.#lanes.includes(lane)) return;
        this.#open.delete(lane);
        await lane.close();
      },
      uriOf: (place) => this.#dataset.shards[this.#plan.shards[place]!]!,
    });
  }

  /** An item of the lane whose turn it is, or of the first one behind it that has any; undefined at the end. */
  async next(signal: AbortSignal): Promise<GivenItem<T> | undefined> {
    for (const _ of this.#lanes) {
      const lane = this.#turn;
      const source = this.#lanes[lane]!;
      const entry = source.take() ?? (await source.next(signal));
      this.#turn = (lane + 1) % this.#lanes.length;
      if (entry !== undefined) return { lane, ...entry };
    }
    return undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open].map((lane) => lane.close()));
  }

  /** The lane as it goes on behind `last`, after the items of that shard that the buffer held. */
  #lane(
    lane: number,
    last: ItemPlace | null,
    held: ReadonlyMap<number, readonly ItemPlace[]>,
  ): Lane<T> {
    const { shards, owns } = this.#plan;
    const places: number[] = [];
    for (let place = last?.place ?? lane; place < shards.length; ) {
      places.push(place);
      place += this.#begin.lanes.length;
    }
    if (last === null) return this.#openLane(places, undefined, owns);
    const again = held.get(last.place) ?? [];
    const isHeld = acceptsOf(again);
    return this.#openLane(places, firstOf([...again, last]), (place, ordinal) =>
      place === last.place && ordinal <= last.ordinal
        ? isHeld(place, ordinal)
        : owns(place, ordinal),
    );
  }

  #openLane(
    places: readonly number[],
    start: ItemPlace | undefined,
    accepts: (place: number, ordinal: number) => boolean,
  ): Lane<T> {
    const lane = new Lane({
      dataset: this.#dataset,
      shards: this.#plan.shards,
      places,
      start,
      accepts,
      read: this.#options.read,
      readAheadBytes: readAheadOf(this.#begin.lanes.length, this.#options),
    });
    this.#open.add(lane);
    if (this.#closed) void lane.close();
    return lane;
  }
}

/** Lets the wanted items of the one place through. */
function acceptsOf(wanted: readonly ItemPlace[]): (place: number, ordinal: number) => boolean {
  const ordinals = new Set(wanted.map(({ ordinal }) => ordinal));
  return (_, ordinal) => ordinals.has(ordinal);
}
