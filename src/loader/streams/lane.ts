import { raceAbort } from "../../core/index.js";
import { abortedError } from "../../errors.js";
import type { ReadItemOptions, StreamDataset, StreamItem, StreamStart } from "../dataset.js";
import { ShardCursor } from "./shard-cursor.js";

export interface LaneOptions<T> {
  readonly dataset: StreamDataset<T>;
  /** Numbers of shards; places are indexes into it. */
  readonly shards: readonly number[];
  /** Which of them the lane reads, one after the other. */
  readonly places: readonly number[];
  /** Where reading of the first begins; at its front unless given. */
  readonly start?: StreamStart | undefined;
  /** Items that are left out are read and dropped. */
  readonly accepts: (place: number, ordinal: number) => boolean;
  /** How the data set reads. */
  readonly read: ReadItemOptions | undefined;
  /** Bytes read ahead of who takes the items; the last item may go beyond. */
  readonly readAheadBytes: number;
}

export interface LaneItem<T> {
  readonly place: number;
  readonly item: StreamItem<T>;
}

/** What an item costs beside its bytes, so that many small ones are bounded too. */
const ITEM_BYTES = 300;

/** Shards read one after the other, ahead of who takes their items, and across their borders. */
export class Lane<T> {
  readonly #options: LaneOptions<T>;
  readonly #stop = new AbortController();
  #queue: LaneItem<T>[] = [];
  #head = 0;
  #bytes = 0;
  #cursor: ShardCursor<T> | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wakeReader: (() => void) | undefined;
  #wakePump: (() => void) | undefined;

  constructor(options: LaneOptions<T>) {
    this.#options = options;
    void this.#pump();
  }

  /** The next item; undefined when all shards have ended. Throws a shard's failure once all before it is taken. */
  async next(signal?: AbortSignal): Promise<LaneItem<T> | undefined> {
    for (;;) {
      const item = this.take();
      if (item !== undefined) return item;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended) return undefined;
      const more = new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
      await raceAbort(more, signal, "reading a stream");
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#failure ??= { error: abortedError("reading a stream") };
    this.#wakeReader?.();
    this.#wakePump?.();
    await this.#cursor?.end();
  }

  /** The next item if one is there. */
  take(): LaneItem<T> | undefined {
    const entry = this.#queue[this.#head];
    if (entry === undefined) return undefined;
    this.#head++;
    // Moving the rest for each item would be quadratic.
    if (this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    this.#bytes -= entry.item.byteLength + ITEM_BYTES;
    this.#wakePump?.();
    return entry;
  }

  async #pump(): Promise<void> {
    try {
      let { start } = this.#options;
      for (const place of this.#options.places) {
        await this.#readShard(place, start);
        start = undefined;
        if (this.#stop.signal.aborted) return;
      }
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      this.#ended = true;
      this.#wakeReader?.();
    }
  }

  async #readShard(place: number, start: StreamStart | undefined): Promise<void> {
    const { dataset, shards, accepts, read, readAheadBytes } = this.#options;
    const { signal } = this.#stop;
    const cursor = new ShardCursor(dataset, shards[place]!, start, { ...read, signal });
    this.#cursor = cursor;
    try {
      while (!signal.aborted) {
        const item = await cursor.next();
        if (item === undefined) return;
        if (!accepts(place, item.ordinal)) continue;
        this.#queue.push({ place, item });
        this.#bytes += item.byteLength + ITEM_BYTES;
        this.#wakeReader?.();
        while (this.#bytes >= readAheadBytes && !signal.aborted) {
          await new Promise<void>((resolve) => {
            this.#wakePump = resolve;
          });
        }
      }
    } finally {
      await cursor.end();
    }
  }
}
