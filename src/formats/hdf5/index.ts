// HDF5 files: datasets, rows of them and attributes are read by HDF5's own library in WebAssembly
// (h5wasm, loaded at first use), small files are written by it, and the frame of a file of one
// dataset is made for any size. No references, records or compression filters but gzip and shuffle.
// Defines Hdf5Dataset, Hdf5Dtype (numpy's codes, and `string`) and layout (a file around its bytes).

export type { Hdf5Array, Hdf5Data, Hdf5Dtype } from "./elements.js";
export { type Hdf5Layout, hdf5Layout } from "./layout.js";
export type { Hdf5Source } from "./library.js";
export {
  type Hdf5Dataset,
  Hdf5File,
  type Hdf5OpenOptions,
  type Hdf5ReadOptions,
  openHdf5,
} from "./open.js";
export type { Hdf5AttributeValue } from "./read-attribute.js";
export { type Hdf5WriteData, type Hdf5WriteDataset, writeHdf5 } from "./write.js";
