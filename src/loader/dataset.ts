/** How one item, or the items of a shard, are read. */
export interface ReadItemOptions {
  /** `sequential` reads an object by one request, `range` by several parts at a time. */
  readonly readerMode?: ReaderMode | undefined;
  /** Bytes of a part, where there are several. */
  readonly partSize?: number | undefined;
  /**
   * Values may be views of memory that they share with their neighbours, and that nobody writes to any more: no copy,
   * but who keeps one value keeps the part that it came in. Without it each value owns its memory.
   */
  readonly shareMemory?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type ReaderMode = "sequential" | "range";

/** A data set whose items are read by their index, each on its own. */
export interface MapDataset<T> {
  readonly kind: "map";
  /** How many items there are. */
  readonly length: number;
  /** True if `get` heeds `readerMode` and `partSize`; a loader refuses them for other data sets. */
  readonly takesReaderMode?: boolean | undefined;
  /** True if values stay the data set's, which gives them out again: decode workers are sent copies. */
  readonly keepsItems?: boolean | undefined;
  /** Where the item comes from, for errors and labels; with `#` and a position if it is part of an object. */
  uriOf(index: number): string;
  /** Bytes that the item will take up, as well as is known before it is read; bounds what is read ahead. */
  byteLengthOf(index: number): number;
  /** Reads one item. Throws what the store throws, and `invalid-argument` for an index outside. */
  get(index: number, options?: ReadItemOptions): Promise<T>;
}

/** One item of a shard that is read from front to back. */
export interface StreamItem<T> {
  /** Which item of its shard it is, from 0. */
  readonly ordinal: number;
  /** Where reading of the shard can begin again so that this item comes first. */
  readonly offset: number;
  readonly uri: string;
  readonly byteLength: number;
  readonly value: T;
}

/** Where reading of a shard begins: at an item that was told before. */
export interface StreamStart {
  readonly ordinal: number;
  readonly offset: number;
}

/** A data set of shards, each of which is read from front to back. */
export interface StreamDataset<T> {
  readonly kind: "stream";
  /** URIs of the shards; items of one shard come in order. */
  readonly shards: readonly string[];
  /** True if `open` heeds `readerMode` and `partSize`; a loader refuses them for other data sets. */
  readonly takesReaderMode?: boolean | undefined;
  /** True if values stay the data set's, which gives them out again: decode workers are sent copies. */
  readonly keepsItems?: boolean | undefined;
  /** The items of a shard from `start` on; each value owns its memory. */
  open(shard: number, start?: StreamStart, options?: ReadItemOptions): AsyncIterable<StreamItem<T>>;
}

export type Dataset<T> = MapDataset<T> | StreamDataset<T>;
