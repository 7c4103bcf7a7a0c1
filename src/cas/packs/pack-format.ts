/** The first and the last 8 bytes of a pack: `LODEPACK`. */
export const PACK_MAGIC = Uint8Array.from("LODEPACK", (letter) => letter.charCodeAt(0));
export const PACK_VERSION = 1;

/** Where the first chunk begins. */
export const HEADER_BYTES = PACK_MAGIC.length;
/** Of a chunk in the footer: SHA-256, stored length (u32), plain length (u24), codec (u8). */
export const ENTRY_BYTES = 40;
/** Pack id (16 bytes), version, entries, where they begin, their CRC-32C (each u32), magic. */
export const TRAILER_BYTES = 40;

/** The largest chunk, in bytes. */
export const MAX_CHUNK_BYTES = 128 * 1024;
/** Chunks of one pack; keeps the footer under 2.6 MB. */
export const MAX_ENTRIES = 65_536;
/** All of a pack: the largest size that can be chosen, and what its last chunk and its footer may add. */
export const MAX_PACK_BYTES = 72 * 1024 * 1024;

/** How a chunk lies in its pack: as it is, or as one zstd frame. */
export const PLAIN = 0;
export const ZSTD = 1;
export type ChunkCodec = typeof PLAIN | typeof ZSTD;

/** A chunk as it is stored. */
export interface StoredChunk {
  /** SHA-256 of the plain bytes, 64 lower hex digits. */
  readonly hash: string;
  readonly stored: Uint8Array;
  readonly codec: ChunkCodec;
  /** Bytes before compression. */
  readonly plainBytes: number;
}

/** Where a chunk is. */
export interface ChunkPlace {
  readonly pack: string;
  /** Its number in the pack, from 0. */
  readonly entry: number;
}
