import type { MapDataset, ReadItemOptions } from "../dataset.js";
import { invalid } from "../invalid.js";
import type { EpochOrder, RankShare } from "../sampling/index.js";
import type { ItemSource, ItemTask } from "./item-source.js";

export interface MapSourceOptions {
  readonly order: EpochOrder;
  readonly share: RankShare;
  /** The position that comes first. */
  readonly position: number;
  readonly read: Omit<ReadItemOptions, "signal">;
}

/** The items of a map data set in the order of an epoch, as far as they are this rank's. */
export class MapSource<T> implements ItemSource<T> {
  readonly length: number;
  readonly #dataset: MapDataset<T>;
  readonly #options: MapSourceOptions;
  #position: number;

  constructor(dataset: MapDataset<T>, options: MapSourceOptions) {
    this.#dataset = dataset;
    this.#options = options;
    this.#position = options.position;
    this.length = options.share.length;
  }

  async next(): Promise<ItemTask<T> | undefined> {
    if (this.#position >= this.length) return undefined;
    const position = this.#position++;
    const { order, share, read } = this.#options;
    const dataset = this.#dataset;
    const index = order.indexAt(share.positionAt(position));
    if (!Number.isSafeInteger(index) || index < 0 || index >= dataset.length) {
      throw invalid(`the sampler asks for item ${index} of a data set of ${dataset.length} items`);
    }
    return {
      position,
      index,
      uri: dataset.uriOf(index),
      byteLength: dataset.byteLengthOf(index),
      run: (signal) => dataset.get(index, { ...read, signal }),
    };
  }

  handedOut(): void {}

  /** Any position is found by its number alone. */
  stateAt(): null {
    return null;
  }

  async close(): Promise<void> {}
}
