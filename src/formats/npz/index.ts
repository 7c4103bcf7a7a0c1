// NumPy's .npz: a zip archive of .npy members, as numpy.savez and savez_compressed write it. Arrays
// are listed, read whole with their checksum, or row by row; archives are written as a stream whose
// length can be told before. Zip and npy themselves are the folders beside. Defines NpzArchive.
export type { ZipCompression, ZipEntry } from "../zip/index.js";
export { NpzArchive, type NpzOpenOptions, type NpzReadOptions, openNpz } from "./archive.js";
export {
  type NpzMember,
  type NpzMemberLayout,
  type NpzWriteOptions,
  npzChunks,
  npzSize,
} from "./write.js";
