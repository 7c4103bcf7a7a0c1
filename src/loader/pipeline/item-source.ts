/** An item of the epoch that is to be loaded. */
export interface ItemTask<T> {
  /** Its place in this rank's epoch, from 0 without gaps. */
  readonly position: number;
  /** Its index in the data set; for streams, its ordinal in its shard. */
  readonly index: number;
  readonly uri: string;
  /** Bytes it will hold in memory until it is handed out. */
  readonly byteLength: number;
  /** Loads it; tasks run in parallel. */
  run(signal: AbortSignal): Promise<T>;
}

/** What an epoch consists of for one rank, in its order. */
export interface ItemSource<T> {
  /** How many items there will be, where that is known beforehand. */
  readonly length: number | undefined;
  /** The next task, or undefined at the end of the epoch. One call at a time. */
  next(signal: AbortSignal): Promise<ItemTask<T> | undefined>;
  /**
   * Plain JSON from which a source goes on at `position`: all items below it were handed out, and no
   * other. `position` lies between the last one asked for and the last one given out by `next`.
   */
  stateAt(position: number): unknown;
  /** Ends reads under way. */
  close(): Promise<void>;
}
