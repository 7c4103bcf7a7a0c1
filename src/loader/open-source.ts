import type { Dataset, MapDataset } from "./dataset.js";
import type { EpochPosition } from "./epoch-position.js";
import type { DataLoaderOptions } from "./loader-options.js";
import type { LoaderSettings } from "./loader-settings.js";
import { type ItemSource, MapSource } from "./pipeline/index.js";
import {
  type EpochOrder,
  RankShare,
  type Sampler,
  sequentialSampler,
  shuffleSampler,
} from "./sampling/index.js";
import { streamSource } from "./streams/index.js";

/** The order of a map data set's epoch and the rank's share of it. */
export interface EpochPlan {
  readonly order: EpochOrder;
  readonly share: RankShare;
}

/** Throws what the sampler throws. */
export function epochPlan(
  dataset: MapDataset<unknown>,
  settings: LoaderSettings,
  epoch: number,
): EpochPlan {
  const { shardRank, shardWorldSize, uneven } = settings;
  const order = samplerOf(dataset, settings).order(epoch);
  return { order, share: new RankShare(order.length, shardRank, shardWorldSize, uneven) };
}

/** What is left of the rank's epoch behind the position. */
export function openSource<T, U, C>(
  dataset: Dataset<T>,
  settings: LoaderSettings,
  options: DataLoaderOptions<T, U, C>,
  { epoch, handedOut, source }: EpochPosition,
): ItemSource<T> {
  const { readerMode, partSize, shuffleBuffer, shuffleBufferBytes, openShards, decode } = options;
  const read = { readerMode, partSize };
  if (dataset.kind === "map") {
    const plan = epochPlan(dataset, settings, epoch);
    return new MapSource(dataset, { ...plan, position: handedOut.low, read });
  }
  const { shuffle, seed, shardRank, shardWorldSize } = settings;
  // What a shuffle buffer holds stays long, and what goes to a worker moves with its memory.
  const shareMemory = !shuffle && (decode === undefined || typeof decode === "function");
  return streamSource(dataset, {
    shuffle,
    seed,
    epoch,
    shardRank,
    shardWorldSize,
    shuffleBuffer,
    shuffleBufferBytes,
    openShards,
    read: { ...read, shareMemory },
    state: source ?? undefined,
  });
}

function samplerOf(
  { length }: MapDataset<unknown>,
  { sampler, shuffle, seed }: LoaderSettings,
): Sampler {
  if (sampler !== undefined) return sampler;
  return shuffle ? shuffleSampler(length, seed) : sequentialSampler(length);
}
