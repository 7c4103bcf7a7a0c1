// The hashes by which mltrack named data, made again so that what it stored can be checked: of frames
// (pandas' row hashes), of numpy arrays, of JSON. They are neither of the stored bytes nor sound:
// different data share them. Nothing new is named by them.

export { npyElements } from "./array-hash.js";
export { FrameRows } from "./frame-hash.js";
export { legacyJsonHashes } from "./json-hash.js";
export {
  type PandasColumn,
  type PandasIndex,
  type PandasMetadata,
  pandasMetadata,
} from "./pandas-metadata.js";
export { pythonFloat } from "./python-text.js";
