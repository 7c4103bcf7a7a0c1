// Content-defined chunking: cuts bytes where their content says so, by Xet's parameters, and gives each chunk with its
// SHA-256 and the SHA-256 of the whole, in one pass. It keeps and stores nothing. It defines the words chunk (a
// piece of 8 to 128 KiB, 64 KiB as a rule, the last one of any size), cut (where a chunk ends) and part (bytes that begin a chunk).

export { chunkLengths } from "./chunk-lengths.js";
export {
  type ChunkOptions,
  type HashedBlob,
  type HashedChunk,
  hashedChunks,
  hashedParts,
  type PartChunk,
  type Parts,
  type Pieces,
} from "./hashed-chunks.js";
export { MAX_CHUNK, MIN_CHUNK, TARGET_CHUNK } from "./parameters.js";
