// Tar archives (ustar, pax, GNU long names, V7) as training data comes in them: a streaming reader
// and writer, an index for reading single members, and WebDataset's samples. It unpacks nothing to
// disk and makes no links. Defines TarMember, TarEntry (a place in an archive) and Sample.

export { indexTar, readTarMember } from "./index-tar.js";
export type { TarAttributes } from "./member-header-bytes.js";
export type { TarEntry, TarReadOptions } from "./member-headers.js";
export { type ReadTarOptions, readTar, type TarMember } from "./read-tar.js";
export {
  type PlacedSample,
  type ReadPlacedSamplesOptions,
  type ReadSamplesOptions,
  readPlacedSamples,
  readSamples,
  type Sample,
  sampleMembers,
} from "./samples.js";
export { splitMemberName } from "./split-member-name.js";
export { type TarMemberInput, type TarWriteOptions, tarSize, writeTar } from "./write-tar.js";
