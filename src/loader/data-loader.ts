import { setMaxListeners } from "node:events";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { Semaphore, systemClock } from "../core/index.js";
import type { Dataset } from "./dataset.js";
import { type DecodePool, openDecode } from "./decode/index.js";
import { EpochIterator } from "./epoch-iterator.js";
import { EpochPosition } from "./epoch-position.js";
import { invalid } from "./invalid.js";
import type { DataLoaderOptions } from "./loader-options.js";
import { type LoaderSettings, loaderSettings } from "./loader-settings.js";
import {
  type LoaderIdentity,
  type LoaderState,
  loaderIdentity,
  loaderState,
  parseLoaderState,
} from "./loader-state.js";
import { type LoaderStats, StatsCounter } from "./loader-stats.js";
import { epochPlan, openSource } from "./open-source.js";
import {
  type Batch,
  BatchReader,
  type ItemInfo,
  ItemLoader,
  ItemReader,
  type ItemSource,
} from "./pipeline/index.js";

/**
 * Loads a data set in batches, epoch by epoch. Each iteration gives what is left of the present epoch; the next one begins
 * with the next epoch, or, if it was left early, goes on behind the last batch that it gave. One iteration at a time.
 */
export class DataLoader<T, U = T, C = undefined> implements AsyncIterable<Batch<U, C>> {
  readonly #dataset: Dataset<T>;
  readonly #options: DataLoaderOptions<T, U, C>;
  readonly #settings: LoaderSettings;
  readonly #identity: LoaderIdentity;
  readonly #decode: DecodePool<T, U> | undefined;
  readonly #stats = new StatsCounter();
  #position: EpochPosition;
  #running:
    | { readonly iterator: EpochIterator<T, U, C>; readonly source: ItemSource<T> }
    | undefined;
  #closed = false;

  /** Throws `invalid-argument` for options that cannot be, and for those that would do nothing here. */
  constructor(dataset: Dataset<T>, options: DataLoaderOptions<T, U, C> = {}) {
    const { decode, workers } = options;
    this.#dataset = dataset;
    this.#options = options;
    this.#settings = loaderSettings(dataset, options);
    this.#identity = loaderIdentity(dataset, this.#settings);
    this.#position = new EpochPosition(this.#settings.epoch);
    if (typeof decode === "function") this.#decode = openDecode(decode);
    else if (decode !== undefined) {
      const { copyInput = dataset.keepsItems } = decode;
      this.#decode = openDecode({ ...decode, copyInput, workers: workers ?? decode.workers });
    }
  }

  /** The epoch that an iteration gives. */
  get epoch(): number {
    return this.#position.epoch;
  }

  /** Batches of the whole epoch for this rank; undefined for streams. Items that are left out are counted as if they came. */
  get length(): number | undefined {
    if (this.#dataset.kind !== "map") return undefined;
    const { batchSize, dropLast } = this.#settings;
    const { share } = epochPlan(this.#dataset, this.#settings, this.epoch);
    return dropLast ? Math.floor(share.length / batchSize) : Math.ceil(share.length / batchSize);
  }

  get stats(): LoaderStats {
    return this.#stats.snapshot;
  }

  /**
   * Goes to the begin of an epoch. For the present one it does nothing, so that a loop that sets the epoch goes on from
   * a state that was loaded: see `rewind`. Throws `invalid-argument` during an iteration.
   */
  setEpoch(epoch: number): void {
    if (!Number.isSafeInteger(epoch) || epoch < 0) {
      throw invalid(`epoch cannot be ${epoch}; give a whole number from 0`);
    }
    this.#refuseDuringIteration();
    if (epoch !== this.epoch) this.#position = new EpochPosition(epoch);
  }

  /** Goes to the begin of the present epoch. Throws `invalid-argument` during an iteration. */
  rewind(): void {
    this.#refuseDuringIteration();
    this.#position = new EpochPosition(this.epoch);
  }

  /** Where the loader stands, behind the last batch that was handed out, whatever was read ahead. Plain JSON. */
  stateDict(): LoaderState {
    const { source } = this.#running ?? {};
    if (source !== undefined) {
      this.#position.source = source.stateAt(this.#position.handedOut.low);
    }
    return loaderState(this.#identity, this.#position);
  }

  /**
   * Goes to where a loader stood. Throws `invalid-argument` for a state of another data set or of other options that decide
   * about the sequence (shuffle, seed, rank, ranks, uneven), and during an iteration. The others may differ, `batchSize`,
   * `order` and `dropLast` too.
   */
  loadStateDict(state: unknown): void {
    this.#refuseDuringIteration();
    const position = parseLoaderState(state, this.#identity);
    // Refuses now, rather than at the first batch, what the source cannot go on from.
    const source = this.#open(position);
    const { length } = source;
    if (length !== undefined && position.handedOut.end > length) {
      throw invalid(
        `the loader cannot go on from this state: it is ${position.handedOut.end} items into an epoch of ${length}; use the state of the same sampler`,
      );
    }
    this.#position = position;
  }

  /** Throws `invalid-argument` while another iteration is under way. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Batch<U, C>> {
    this.#refuseDuringIteration();
    const position = this.#position;
    const source = this.#open(position);
    const controller = new AbortController();
    // Every read that is under way listens to it.
    setMaxListeners(0, controller.signal);
    const items = this.#itemReader(source, position, controller.signal);
    const iterator = new EpochIterator({
      source,
      items,
      batches: this.#batchReader(items, position),
      position,
      stats: this.#stats,
      controller,
      signal: this.#options.signal,
      onEnd: (complete) => {
        this.#running = undefined;
        if (complete) this.#position = new EpochPosition(position.epoch + 1);
      },
    });
    this.#running = { iterator, source };
    return iterator;
  }

  /** The batches of one iteration; reads ahead no further than the loader does. Cancelling it ends the iteration. */
  toReadableStream(): ReadableStream<Batch<U, C>> {
    const iterator = this[Symbol.asyncIterator]();
    return new ReadableStream<Batch<U, C>>(
      {
        async pull(controller) {
          const { done, value } = await iterator.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          await iterator.return?.();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** The same as a stream of Node in object mode. Destroying it ends the iteration. */
  toNodeStream(): Readable {
    return Readable.from(this[Symbol.asyncIterator](), { objectMode: true, highWaterMark: 1 });
  }

  /** Ends the iteration that is under way and the worker threads. The loader is of no use afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running?.iterator.return();
    await this.#decode?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(position: EpochPosition): ItemSource<T> {
    return openSource(this.#dataset, this.#settings, this.#options, position);
  }

  #itemReader(
    source: ItemSource<T>,
    { handedOut }: EpochPosition,
    signal: AbortSignal,
  ): ItemReader<T, U> {
    const { concurrency, policy, dropLast, batchSize } = this.#settings;
    const slots = new Semaphore(concurrency);
    let limit =
      source.length === undefined ? Number.POSITIVE_INFINITY : source.length - handedOut.count;
    // What is dropped need not be read, unless it takes the place of what is left out.
    if (dropLast && policy.skip === 0 && Number.isFinite(limit)) limit -= limit % batchSize;
    const loader = new ItemLoader<T, U>({
      decode: (value, info, abort) => this.#decoded(value, info, abort),
      retries: policy.retries,
      slots,
      clock: systemClock,
      random: Math.random,
      onRetry: () => {
        this.#stats.retries++;
      },
    });
    const isDone = (position: number) => handedOut.has(position);
    return new ItemReader({ ...this.#settings, source, loader, slots, limit, isDone, signal });
  }

  #batchReader(items: ItemReader<T, U>, position: EpochPosition): BatchReader<T, U, C> {
    const { collate, onSkip } = this.#options;
    const { epoch, step, skipped } = position;
    return new BatchReader(items, {
      ...this.#settings,
      epoch,
      step,
      skipped,
      collate,
      onSkip: (item) => {
        this.#stats.skipped++;
        onSkip?.(item);
      },
    });
  }

  #decoded(value: T, info: ItemInfo, signal: AbortSignal): U | Promise<U> {
    // Without `decode`, T and U are the same.
    if (this.#decode === undefined) return value as unknown as U;
    return this.#decode.decode(value, info, signal);
  }

  #refuseDuringIteration(): void {
    if (this.#closed) throw invalid("the loader is closed; make another one");
    if (this.#running === undefined) return;
    throw invalid(
      "an iteration of the loader is under way; end it first (leave its loop, or call return() of its iterator)",
    );
  }
}
