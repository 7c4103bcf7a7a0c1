import { createHash } from "node:crypto";
import { isLodeError } from "../../errors.js";
import { compressFrame, decompressFrame } from "../../formats/index.js";
import type { PackFooter } from "./pack-footer.js";
import { PLAIN, type StoredChunk, ZSTD } from "./pack-format.js";

const LEVEL = 3;
/** A chunk is stored compressed if that takes at most this share of it. */
const WORTH = 0.95;
/** What is this small gains little, and costs a call each. */
const LEAST_BYTES = 1024;
/** Between two tries on bytes that do not shrink, at most so many chunks are stored as they are. */
const MOST_SKIPPED = 64;

/** A chunk that is stored as it is, without a copy. */
export function plainChunk(hash: string, bytes: Uint8Array): StoredChunk {
  return { hash, stored: bytes, codec: PLAIN, plainBytes: bytes.length };
}

/** Decides what of a stream is worth a try: after chunks that do not shrink, ever fewer are tried. */
export class Compressor {
  #skip = 0;
  #left = 0;

  /** The chunk as it is to be stored; plain bytes are not copied. */
  async encode(hash: string, bytes: Uint8Array): Promise<StoredChunk> {
    const plain = plainChunk(hash, bytes);
    if (bytes.length < LEAST_BYTES) return plain;
    if (this.#left > 0) {
      this.#left--;
      return plain;
    }
    const frame = await compressFrame(bytes, LEVEL);
    if (frame.length <= bytes.length * WORTH) {
      this.#skip = 0;
      this.#left = 0;
      return { hash, stored: frame, codec: ZSTD, plainBytes: bytes.length };
    }
    this.#skip = Math.min(MOST_SKIPPED, Math.max(1, this.#skip * 2));
    this.#left = this.#skip;
    return plain;
  }
}

/**
 * The plain bytes of a chunk, a view of what was read if it is not compressed. Undefined if they are not those of its hash;
 * a frame of another size than the footer tells is given up at that size.
 */
export async function decodeChunk(
  footer: PackFooter,
  entry: number,
  stored: Uint8Array,
  verify: boolean,
): Promise<Uint8Array | undefined> {
  let bytes = stored;
  if (footer.codec(entry) === ZSTD) {
    try {
      bytes = await decompressFrame(stored, footer.plainBytes(entry));
    } catch (error) {
      if (isLodeError(error, "corrupt-format")) return undefined;
      throw error;
    }
  }
  if (!verify) return bytes;
  const hash = createHash("sha256").update(bytes).digest();
  return hash.equals(footer.hashBytes(entry)) ? bytes : undefined;
}
