// Zstandard (RFC 8878) behind one small interface: frames compressed whole, streams decompressed
// in bounded memory, and skippable frames, in which a program keeps what others pass over. It
// knows nothing of what is compressed. Defines ZstdDecompressor and ZstdFrameScanner.
export { loadZstdCompress, type ZstdCompress } from "./compress.js";
export { ZstdDecompressor } from "./decompressor.js";
export {
  looksLikeZstd,
  skippableFrame,
  ZstdFrameScanner,
  type ZstdPiece,
} from "./frame-scanner.js";
export { storedFrame } from "./stored-frame.js";
