// Zstandard (RFC 8878) behind one small interface: frames compressed whole, streams decompressed
// in bounded memory, seek tables for files that are read in parts, and skippable frames, in which a
// program keeps what others pass over. Knows nothing of what is compressed. Defines ZstdDecompressor,
// ZstdFrameScanner and ZstdFrameSize.
export { loadZstdCompress, type ZstdCompress } from "./compress.js";
export { ZstdDecompressor } from "./decompressor.js";
export { compressFrame, decompressFrame } from "./frame.js";
export {
  looksLikeZstd,
  skippableFrame,
  ZstdFrameScanner,
  type ZstdPiece,
} from "./frame-scanner.js";
export {
  readSeekTable,
  type SeekTableOptions,
  seekTable,
  type ZstdFrameSize,
} from "./seek-table.js";
export { storedFrame } from "./stored-frame.js";
