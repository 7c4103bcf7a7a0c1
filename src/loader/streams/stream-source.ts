import { raceAbort } from "../../core/index.js";
import { throwIfAborted } from "../../errors.js";
import type { StreamDataset } from "../dataset.js";
import type { ItemSource, ItemTask } from "../pipeline/index.js";
import { LaneSet } from "./lane-set.js";
import { planShards, type ShardPlan } from "./shard-plan.js";
import { ShuffleBuffer, seededDraw } from "./shuffle-buffer.js";
import { StreamHistory, type StreamMoment } from "./stream-history.js";
import { type StreamSourceOptions, streamIdentity } from "./stream-options.js";
import { parseStreamState, type StreamIdentity, type StreamState } from "./stream-state.js";

/**
 * One epoch of a data set of shards for one rank. Over all ranks each item comes exactly once; how shards are
 * ordered and shared is said at `planShards`, how items are drawn from the shuffle buffer at `ShuffleBuffer`. Lane
 * `l` of `openShards` reads the rank's shards `l`, `l + openShards`, ... one after the other, and the lanes give the
 * buffer an item each in turn. So the sequence depends on the options alone.
 *
 * Nothing is read before the first `next`. A failure names the shard and its item, and comes again with each
 * `next`. Throws `invalid-argument` for options that cannot be and for a state of another stream.
 */
export function streamSource<T>(
  dataset: StreamDataset<T>,
  options: StreamSourceOptions = {},
): ItemSource<T> {
  const identity = streamIdentity(dataset.shards, options);
  const plan = planShards(dataset.shards.length, identity);
  const begin =
    options.state === undefined
      ? freshMoment(identity, plan)
      : parseStreamState(options.state, identity, plan.shards.length);
  return new StreamSource(new LaneSet(dataset, plan, begin, options), identity, begin);
}

function freshMoment({ openShards }: StreamIdentity, { shards }: ShardPlan): StreamMoment {
  const lanes = new Array<null>(Math.min(openShards, shards.length)).fill(null);
  return { position: 0, turn: 0, lanes, buffer: [] };
}

class StreamSource<T> implements ItemSource<T> {
  readonly length = undefined;
  readonly #lanes: LaneSet<T>;
  readonly #identity: StreamIdentity;
  readonly #buffer: ShuffleBuffer<T>;
  readonly #history: StreamHistory;
  #started: Promise<void> | undefined;
  #position: number;
  #running = false;
  #drained = false;

  constructor(lanes: LaneSet<T>, identity: StreamIdentity, begin: StreamMoment) {
    const { shuffle, seed, epoch, shardRank, shuffleBuffer, shuffleBufferBytes } = identity;
    this.#lanes = lanes;
    this.#identity = identity;
    this.#position = begin.position;
    const draw = shuffle ? seededDraw(seed, epoch, shardRank) : undefined;
    this.#buffer = new ShuffleBuffer({ items: shuffleBuffer, bytes: shuffleBufferBytes, draw });
    this.#history = new StreamHistory(begin, draw);
  }

  async next(signal: AbortSignal): Promise<ItemTask<T> | undefined> {
    throwIfAborted(signal, "reading a stream");
    if (!this.#running) {
      this.#started ??= this.#start();
      await raceAbort(this.#started, signal, "reading a stream");
    }
    while (!this.#drained && this.#buffer.wants(this.#position)) await this.#fill(signal);
    if (this.#buffer.length === 0) return undefined;
    const position = this.#position++;
    const { ordinal, uri, byteLength, value } = this.#buffer.draw(position);
    this.#history.drawn();
    return { position, index: ordinal, uri, byteLength, run: () => Promise.resolve(value) };
  }

  handedOut(position: number): void {
    this.#history.forgetBefore(position);
  }

  stateAt(position: number): StreamState {
    return { version: 1, stream: this.#identity, ...this.#history.momentAt(position) };
  }

  close(): Promise<void> {
    return this.#lanes.close();
  }

  async #start(): Promise<void> {
    for (const item of await this.#lanes.start()) this.#buffer.push(item);
    this.#running = true;
  }

  async #fill(signal: AbortSignal): Promise<void> {
    const entry = await this.#lanes.next(signal);
    if (entry === undefined) {
      this.#drained = true;
      return;
    }
    const { lane, place, item } = entry;
    this.#buffer.push(item);
    this.#history.given(lane, { place, ordinal: item.ordinal, offset: item.offset });
  }
}
