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
  /** How many items the whole epoch has, where that is known beforehand. */
  readonly length: number | undefined;
  /** The next task, or undefined at the end of the epoch. One call at a time. */
  next(signal: AbortSignal): Promise<ItemTask<T> | undefined>;
  /** All items below `position` were handed out: no state below it will be asked for. */
  handedOut(position: number): void;
  /**
   * Plain JSON from which a source goes on at `position`. It lies between the last one told to
   * `handedOut` and one past the last one given out by `next`; it changes nothing.
   */
  stateAt(position: number): unknown;
  /** Ends reads under way. Is called once, perhaps while `next` waits. */
  close(): Promise<void>;
}
