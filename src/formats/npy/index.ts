// NumPy's .npy files (NEP 1, versions 1.0 to 3.0): one array of numbers behind a short header. Reads
// whole arrays and rows, writes headers that a stream of any length can follow. No strings, no
// structured types, no pickles. Defines NpyArray and NpyDtype (numpy's codes without byte order).
export {
  NPY_DTYPE_NAMES,
  NPY_DTYPES,
  type NpyArray,
  type NpyData,
  type NpyDtype,
  type NpyDtypeFacts,
  npyDataBytes,
} from "./dtype.js";
export { encodeNpy, npyElementBytes } from "./encode.js";
export { type NpyHeaderOptions, npyHeader } from "./header.js";
export {
  type NpyHeader,
  type NpyReadOptions,
  type NpyRowsOptions,
  readNpy,
  readNpyHeader,
  readNpyRows,
} from "./read.js";
