import { LodeError } from "../../errors.js";
import type { Dataset, MapDataset, StreamDataset, StreamItem } from "../dataset.js";
import { itemAt } from "./item-at.js";
import { Partition } from "./partition.js";

/**
 * The data set with `change` done to each value as it is read, on the thread that reads. Sizes are told as before
 * the change.
 */
export function mapDataset<T, U>(
  dataset: MapDataset<T>,
  change: (value: T) => U | Promise<U>,
): MapDataset<U>;
export function mapDataset<T, U>(
  dataset: StreamDataset<T>,
  change: (value: T) => U | Promise<U>,
): StreamDataset<U>;
export function mapDataset<T, U>(
  dataset: Dataset<T>,
  change: (value: T) => U | Promise<U>,
): Dataset<U> {
  if (dataset.kind === "map") {
    return {
      kind: "map",
      length: dataset.length,
      takesReaderMode: dataset.takesReaderMode,
      keepsItems: dataset.keepsItems,
      uriOf: (index) => dataset.uriOf(index),
      byteLengthOf: (index) => dataset.byteLengthOf(index),
      get: async (index, options) => change(await dataset.get(index, options)),
    };
  }
  return {
    kind: "stream",
    shards: dataset.shards,
    takesReaderMode: dataset.takesReaderMode,
    keepsItems: dataset.keepsItems,
    async *open(shard, start, options): AsyncGenerator<StreamItem<U>, void, undefined> {
      for await (const item of dataset.open(shard, start, options)) {
        yield { ...item, value: await change(item.value) };
      }
    },
  };
}

/** The items of these indices, in their order; an index may come several times. Throws `invalid-argument`. */
export function subset<T>(dataset: MapDataset<T>, indices: readonly number[]): MapDataset<T> {
  for (const index of indices) dataset.uriOf(index);
  return {
    kind: "map",
    length: indices.length,
    takesReaderMode: dataset.takesReaderMode,
    keepsItems: dataset.keepsItems,
    uriOf: (index) => dataset.uriOf(itemAt(indices, index)),
    byteLengthOf: (index) => dataset.byteLengthOf(itemAt(indices, index)),
    get: async (index, options) => dataset.get(itemAt(indices, index), options),
  };
}

/** All items of the first data set, then those of the next. Both kinds can be joined, but not with each other. */
export function concat<T>(datasets: readonly MapDataset<T>[]): MapDataset<T>;
export function concat<T>(datasets: readonly StreamDataset<T>[]): StreamDataset<T>;
export function concat<T>(datasets: readonly Dataset<T>[]): Dataset<T> {
  const maps = datasets.filter((dataset) => dataset.kind === "map");
  const streams = datasets.filter((dataset) => dataset.kind === "stream");
  if (maps.length > 0 && streams.length > 0) {
    throw new LodeError({
      code: "invalid-argument",
      message: "data sets with an index cannot be joined with data sets of shards",
    });
  }
  return streams.length > 0 ? concatStreams(streams) : concatMaps(maps);
}

function concatMaps<T>(datasets: readonly MapDataset<T>[]): MapDataset<T> {
  const parts = new Partition(datasets.map(({ length }) => length));
  const find = (index: number) => {
    const { part, at } = parts.find(index);
    return { dataset: datasets[part] as MapDataset<T>, at };
  };
  return {
    kind: "map",
    length: parts.length,
    takesReaderMode: datasets.every((dataset) => dataset.takesReaderMode),
    keepsItems: datasets.some((dataset) => dataset.keepsItems),
    uriOf(index) {
      const { dataset, at } = find(index);
      return dataset.uriOf(at);
    },
    byteLengthOf(index) {
      const { dataset, at } = find(index);
      return dataset.byteLengthOf(at);
    },
    async get(index, options) {
      const { dataset, at } = find(index);
      return dataset.get(at, options);
    },
  };
}

function concatStreams<T>(datasets: readonly StreamDataset<T>[]): StreamDataset<T> {
  const parts = new Partition(datasets.map(({ shards }) => shards.length));
  return {
    kind: "stream",
    takesReaderMode: datasets.every((dataset) => dataset.takesReaderMode),
    keepsItems: datasets.some((dataset) => dataset.keepsItems),
    shards: datasets.flatMap(({ shards }) => shards),
    open(shard, start, options) {
      const { part, at } = parts.find(shard);
      return (datasets[part] as StreamDataset<T>).open(at, start, options);
    },
  };
}
