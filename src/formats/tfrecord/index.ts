// TensorFlow's TFRecord: a file of records with checksums, read as a stream or at random through an
// index, and written; tf.train.Example, the message that most records hold; both known forms of
// index. No compression: give it the inner bytes. Defines TfRecordEntry, where a record is.
export { decodeExample } from "./decode-example.js";
export { encodeExample } from "./encode-example.js";
export {
  exampleSize,
  type TfExample,
  type TfExampleLengths,
  type TfFeature,
  type TfFeatureLengths,
} from "./example.js";
export {
  type TfRecordEntry,
  type TfRecordOptions,
  tfRecordFooter,
  tfRecordHeader,
  tfRecordSize,
} from "./framing.js";
export {
  encodeTfRecordIndex,
  parseTfRecordIndex,
  type TfRecordIndexForm,
} from "./index-file.js";
export {
  indexTfRecordStream,
  indexTfRecords,
  type TfRecordIndexOptions,
} from "./index-records.js";
export { TfRecordParser } from "./parser.js";
export { readTfRecordAt, readTfRecords, type TfRecordReadOptions } from "./read.js";
export { type TfRecordWriteOptions, tfRecordChunks } from "./write.js";
