// The types of generated objects, one file each: how a size divides into a format's own bytes and
// content, and the order in which they stand. The formats themselves are src/formats' work, what
// is in the content is the folder's above.
export { GENERATED_DTYPES } from "./element-bytes.js";
export { hdf5ObjectLayout } from "./hdf5.js";
export { npyLayout } from "./npy.js";
export { npzLayout } from "./npz.js";
export { parquetLayout } from "./parquet.js";
export { rawLayout } from "./raw.js";
export { tarLayout } from "./tar.js";
export { tfRecordLayout } from "./tfrecord.js";
