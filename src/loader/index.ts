// Feeds a training loop from a store: data sets of samples, the order of an epoch, sharding over ranks,
// parallel reads bounded by bytes, batches, and a position to resume from. No training and no models.
// Defines Dataset, Sampler, Batch, DataLoader and its state; the folders below define the rest.
export * from "./collate/index.js";
export { DataLoader } from "./data-loader.js";
export type * from "./dataset.js";
export * from "./datasets/index.js";
export type { DecodePool, WorkerDecodeOptions } from "./decode/index.js";
export { workerDecode } from "./decode/index.js";
export type { DataLoaderOptions, OnError } from "./loader-options.js";
export type { LoaderIdentity, LoaderState } from "./loader-state.js";
export type { LoaderStats } from "./loader-stats.js";
export type {
  Batch,
  Collate,
  Decode,
  ItemInfo,
  PositionRange,
  SkippedItem,
} from "./pipeline/index.js";
export {
  type EpochOrder,
  type Sampler,
  sequentialSampler,
  shuffled,
  shuffleSampler,
  subsetSampler,
  type Uneven,
  type WeightedSamplerOptions,
  weightedSampler,
} from "./sampling/index.js";
