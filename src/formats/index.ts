// Byte codecs of the formats that training data comes in, readers and writers, without any I/O of
// their own: they take a RangeReader or a stream of chunks, and give bytes. No stores and no
// policy. Each format is a folder, entered from here. Defines RangeReader.

export { CachedRanges } from "./cached-ranges.js";
export { FLOAT16_NAN, float16Bits, float16ToFloat32, float16Value } from "./float16.js";
export * from "./hdf5/index.js";
export * from "./json/index.js";
export * from "./jsonl/index.js";
export { LONE_SURROGATE } from "./lone-surrogate.js";
export * from "./npy/index.js";
export * from "./npz/index.js";
export * from "./parquet/index.js";
export { isPlainObject } from "./plain-object.js";
export { bytesReader, type RangeReader } from "./range-reader.js";
export { MAX_ARRAY_BYTES, readExactly } from "./read-exactly.js";
export * from "./safetensors/index.js";
export * from "./table/index.js";
export * from "./tar/index.js";
export * from "./tfrecord/index.js";
export * from "./zstd/index.js";
