// Which items an epoch has, in which order, and which of them are a rank's. Everything is a function of
// seed, epoch and position, so that any place of an epoch is found without what comes before it.
// Reads nothing. Defines Sampler, EpochOrder, position (a place in an epoch of all ranks) and share.
export { epochKeys, mix32 } from "./epoch-keys.js";
export { RankShare, type Uneven } from "./rank-share.js";
export {
  type EpochOrder,
  type Sampler,
  sequentialSampler,
  shuffleSampler,
  subsetSampler,
} from "./sampler.js";
export { shuffled } from "./shuffled.js";
export { type WeightedSamplerOptions, weightedSampler } from "./weighted-sampler.js";
