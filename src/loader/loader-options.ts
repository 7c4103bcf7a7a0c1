import type { ReaderMode } from "./dataset.js";
import type { WorkerDecodeOptions } from "./decode/index.js";
import type { Collate, Decode, SkippedItem } from "./pipeline/index.js";
import type { Sampler, Uneven } from "./sampling/index.js";

/**
 * What to do about items that cannot be read or decoded. `throw`: the iteration ends with the error of the item. `skip`: they are
 * left out, counted in `stats` and told to `onSkip`. An object says how many may be left out in an epoch before it ends
 * with an error (0 unless given), and how often reading is tried again before (0 unless given).
 */
export type OnError =
  | "throw"
  | "skip"
  | { readonly skip?: number | undefined; readonly retries?: number | undefined };

export interface DataLoaderOptions<T, U = T, C = undefined> {
  /** Items of a batch. Default 32. */
  readonly batchSize?: number | undefined;
  /** Leave out the last batch if it is smaller than the others. Default false. */
  readonly dropLast?: boolean | undefined;
  /** Another order in each epoch; of streams, shards are shuffled and their items in a buffer. Default false. */
  readonly shuffle?: boolean | undefined;
  /** Decides the orders: a whole number. Default 0. */
  readonly seed?: number | undefined;
  /** The first epoch. Default 0. */
  readonly epoch?: number | undefined;
  /** The order of map data sets, in place of `shuffle`. */
  readonly sampler?: Sampler | undefined;
  /** Which of the ranks this is. Default 0. */
  readonly shardRank?: number | undefined;
  /** How many ranks share each epoch. Default 1. */
  readonly shardWorldSize?: number | undefined;
  /** Map data sets: what to do if the items are no multiple of the ranks. Default `keep`. */
  readonly uneven?: Uneven | undefined;
  /**
   * Batches read ahead while the consumer works; 0 reads only what is waited for. By default as many as
   * hold twice as many items as are read at a time, and at least 2.
   */
  readonly prefetch?: number | undefined;
  /** `stable`: items come in the epoch's order. `completion`: as they complete, so that a slow one holds no other up. Default `stable`. */
  readonly order?: "stable" | "completion" | undefined;
  /**
   * With `completion`: how many positions an item may be ahead of the first one that is still loaded. Default
   * four times the items in flight, at least 1,024.
   */
  readonly reorderWindow?: number | undefined;
  /** Items read at a time. Default 16. */
  readonly concurrency?: number | undefined;
  /**
   * Bytes of all items from the begin of their reading until they are handed out. A batch that is larger is read all the
   * same, and nothing beside it. Default 256 MiB.
   */
  readonly maxBytesInFlight?: number | undefined;
  /** Data sets of objects and shards: each in one request (`sequential`) or in several at a time (`range`). Default: theirs. */
  readonly readerMode?: ReaderMode | undefined;
  /** Data sets of objects and shards: bytes of a request where there are several. Default: theirs. */
  readonly partSize?: number | undefined;
  /** Streams with `shuffle`: items in the buffer that they are drawn from. Default 1,000. */
  readonly shuffleBuffer?: number | undefined;
  /** Streams with `shuffle`: most bytes in that buffer, beside `maxBytesInFlight`. Default 256 MiB. */
  readonly shuffleBufferBytes?: number | undefined;
  /** Streams: shards read side by side. Default 4 with `shuffle`, else 1. */
  readonly openShards?: number | undefined;
  /** Default `throw`. */
  readonly onError?: OnError | undefined;
  /** Is told each item that is left out. */
  readonly onSkip?: ((item: SkippedItem) => void) | undefined;
  /** Makes of what is read what a batch holds: a function on this thread, or a module in worker threads. */
  readonly decode?: Decode<T, U> | WorkerDecodeOptions | undefined;
  /** Threads for a `decode` module. Default one less than there are cores. */
  readonly workers?: number | undefined;
  /** Joins the items of a batch; the result is its `fields`. */
  readonly collate?: Collate<U, C> | undefined;
  /** Ends the iteration with `aborted`. */
  readonly signal?: AbortSignal | undefined;
}
