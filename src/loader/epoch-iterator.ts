import { abortedError, type LodeError, toLodeError } from "../errors.js";
import type { EpochPosition } from "./epoch-position.js";
import type { StatsCounter } from "./loader-stats.js";
import type { Batch, BatchReader, ItemReader, ItemSource, ReadBatch } from "./pipeline/index.js";

export interface EpochIteratorOptions<T, U, C> {
  readonly source: ItemSource<T>;
  readonly items: ItemReader<T, U>;
  readonly batches: BatchReader<T, U, C>;
  readonly position: EpochPosition;
  readonly stats: StatsCounter;
  /** Ends all reads. */
  readonly controller: AbortController;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** The iteration is over: all of the epoch was handed out, or not. */
  readonly onEnd: (complete: boolean) => void;
}

/** Hands out the batches of what is left of an epoch, and keeps the position. However it ends, nothing goes on behind it. */
export class EpochIterator<T, U, C> implements AsyncIterableIterator<Batch<U, C>> {
  readonly #options: EpochIteratorOptions<T, U, C>;
  /** Calls of `next` come one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #first = true;
  #ending: Promise<void> | undefined;
  /** To be thrown once: the caller's signal has fired. */
  #aborted: LodeError | undefined;
  readonly #onAbort = (): void => {
    this.#aborted = abortedError("load", undefined, this.#options.signal?.reason);
    // A failure to end is told by the next call.
    this.#end(false).catch(() => undefined);
  };

  constructor(options: EpochIteratorOptions<T, U, C>) {
    this.#options = options;
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Throws the error of an item with `details.index` and `details.uri`, of the source, and `aborted`. */
  next(): Promise<IteratorResult<Batch<U, C>, undefined>> {
    const result = this.#last.then(() => this.#next());
    this.#last = result.catch(() => undefined);
    return result;
  }

  async return(): Promise<IteratorResult<Batch<U, C>, undefined>> {
    await this.#end(false);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #next(): Promise<IteratorResult<Batch<U, C>, undefined>> {
    const read = await this.#read();
    if (read === undefined) {
      await this.#ending;
      this.#throwIfAborted();
      return { done: true, value: undefined };
    }
    const { source, position } = this.#options;
    position.pass(read);
    source.handedOut(position.handedOut.low);
    return { done: false, value: read.batch };
  }

  /** The next batch; undefined if the iteration is over. */
  async #read(): Promise<ReadBatch<U, C> | undefined> {
    if (this.#ending === undefined && this.#options.signal?.aborted) this.#onAbort();
    if (this.#ending !== undefined) return undefined;
    const began = performance.now();
    try {
      const read = await this.#options.batches.next();
      if (this.#ending !== undefined) return undefined;
      this.#count(read, performance.now() - began);
      if (read === undefined) await this.#end(true);
      return read;
    } catch (error) {
      if (this.#ending !== undefined) return undefined;
      await this.#end(false);
      throw toLodeError(error, "load");
    }
  }

  #count(read: ReadBatch<U, C> | undefined, waitedMs: number): void {
    const { stats, items } = this.#options;
    stats.waitMs += waitedMs;
    stats.peakBytesInFlight = Math.max(stats.peakBytesInFlight, items.peakBytes);
    if (read === undefined) return;
    if (this.#first) stats.firstBatchMs = waitedMs;
    this.#first = false;
    stats.batches++;
    stats.samples += read.batch.items.length;
    stats.bytes += read.bytesRead;
  }

  #throwIfAborted(): void {
    const aborted = this.#aborted;
    this.#aborted = undefined;
    if (aborted !== undefined) throw aborted;
  }

  #end(complete: boolean): Promise<void> {
    this.#ending ??= this.#endAll(complete);
    return this.#ending;
  }

  async #endAll(complete: boolean): Promise<void> {
    const { source, position, controller, signal, onEnd } = this.#options;
    signal?.removeEventListener("abort", this.#onAbort);
    if (!complete) position.source = source.stateAt(position.handedOut.low);
    controller.abort(signal?.reason);
    onEnd(complete);
    await source.close();
  }
}
