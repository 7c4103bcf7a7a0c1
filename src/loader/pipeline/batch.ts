/** Which item a value is. */
export interface ItemInfo {
  /** In the data set; for streams, the ordinal in its shard. */
  readonly index: number;
  readonly uri: string;
}

/** Makes of what was read what the batch holds. A failure is one of that item. */
export type Decode<T, U> = (value: T, info: ItemInfo) => U | Promise<U>;

/** Joins the values of a batch, in its order, such as into one array for each field. */
export type Collate<U, C> = (values: readonly U[]) => C | Promise<C>;

/** What the training loop gets for one step. */
export interface Batch<U, C = undefined> {
  /** The values; `indices[i]` and `uris[i]` tell which item `items[i]` is. */
  readonly items: readonly U[];
  readonly indices: readonly number[];
  readonly uris: readonly string[];
  readonly epoch: number;
  /** Which batch of this rank's epoch it is, from 0. */
  readonly step: number;
  /** What `collate` made of the items. */
  readonly fields: C;
}
