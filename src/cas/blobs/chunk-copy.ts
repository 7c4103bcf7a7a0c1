import { MAX_CHUNK } from "../chunking/index.js";

const WORD = 8;

/**
 * Memory of its own for one chunk. Shared memory is copied eight times as fast to where it lies alike in the words of the
 * machine; from there on it is as quick as any other.
 */
export class ChunkCopy {
  readonly #memory = new Uint8Array(MAX_CHUNK + WORD);

  /** Stays until the next one. */
  of(bytes: Uint8Array): Uint8Array {
    const start = bytes.byteOffset % WORD;
    const copy = this.#memory.subarray(start, start + bytes.length);
    copy.set(bytes);
    return copy;
  }
}
