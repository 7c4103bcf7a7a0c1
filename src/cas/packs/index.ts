// Packs: objects that hold chunks, each as it is or compressed, with a footer that tells of them; and
// the index of which pack holds which chunk. Nothing of blobs is known here. Defines StoredChunk,
// ChunkPlace, PackFooter and ChunkIndex.
export { Compressor, decodeChunk, plainChunk } from "./chunk-codec.js";
export { ChunkIndex } from "./chunk-index.js";
export { ChunkSink, type ChunkSinkOptions } from "./chunk-sink.js";
export { encodeIndex, parseIndex } from "./index-object.js";
export { IndexLoader, putIndex, readIndex } from "./index-objects.js";
export { type PackDamage, packDamage } from "./pack-damage.js";
export { PackFooter } from "./pack-footer.js";
export { PackFooters } from "./pack-footers.js";
export {
  type ChunkCodec,
  type ChunkPlace,
  MAX_CHUNK_BYTES,
  MAX_PACK_BYTES,
  PACK_MAGIC,
  type StoredChunk,
} from "./pack-format.js";
export { PackWriter, type PackWriterOptions } from "./pack-writer.js";
