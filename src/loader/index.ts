// Feeds a training loop from a store: data sets of samples, the order of an epoch, sharding over ranks,
// parallel reads bounded by bytes, batches, and a position to resume from. No training and no models.
// Defines Sample, Dataset, Sampler, Batch and DataLoader.
export type * from "./dataset.js";
