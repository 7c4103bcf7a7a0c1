// Data sets over stores: objects, ranges of objects, tar shards, TFRecord, npz, Parquet and JSON lines, as items by
// index (map) or as shards read from front to back (stream), and some made of others. It reads and verifies what it
// is asked for; order, batches and parallelism are the loader's. Defines ObjectSelection and ShardOptions.
export type { NpyArray, ParquetRows, Sample } from "../../formats/index.js";
export { concat, mapDataset, subset } from "./derived-datasets.js";
export { expandBraces } from "./expand-braces.js";
export { type JsonlDatasetOptions, jsonlDataset } from "./jsonl-dataset.js";
export { memoryDataset } from "./memory-dataset.js";
export { type NpzDatasetOptions, type NpzItem, npzDataset } from "./npz-dataset.js";
export { type ObjectDatasetOptions, objectDataset } from "./object-dataset.js";
export {
  DATASET_FORMATS,
  type DatasetAtOptions,
  type DatasetFormat,
  type DatasetValue,
  datasetAt,
  type OpenDatasetOptions,
  type OpenedDataset,
  openDataset,
} from "./open-dataset.js";
export { type ParquetDatasetOptions, parquetDataset } from "./parquet-dataset.js";
export { type RangeItem, rangeDataset } from "./range-dataset.js";
export type { ObjectReadOptions } from "./read-object.js";
export type { ListedObject, ObjectSelection } from "./select-objects.js";
export type { ShardOptions } from "./shard-set.js";
export { type TarDatasetOptions, tarDataset } from "./tar-dataset.js";
export { type TarIndexDatasetOptions, tarIndexDataset } from "./tar-index-dataset.js";
export { type TfRecordDatasetOptions, tfrecordDataset } from "./tfrecord-dataset.js";
export {
  type TfRecordIndexDatasetOptions,
  tfrecordIndexDataset,
} from "./tfrecord-index-dataset.js";
