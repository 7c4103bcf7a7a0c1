// From the items of an epoch to batches: reads that run ahead across batches, bounded by bytes, slots and
// a window; order; errors of items; what was handed out. It knows no data sets but the simplest and no
// worker threads. Defines ItemSource, ItemTask, position (a place in the rank's epoch), handed out, Batch.
export type { Batch, Collate, Decode, ItemInfo } from "./batch.js";
export { BatchReader, type BatchReaderOptions, type ReadBatch } from "./batch-reader.js";
export type { ErrorPolicy, SkippedItem } from "./error-policy.js";
export { HandedOut, type PositionRange } from "./handed-out.js";
export { ItemLoader, type ItemLoaderOptions } from "./item-loader.js";
export { ItemReader, type ItemReaderOptions } from "./item-reader.js";
export type { ItemSource, ItemTask } from "./item-source.js";
export { MapSource, type MapSourceOptions } from "./map-source.js";
