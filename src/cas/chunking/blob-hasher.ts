import { createHash, hash } from "node:crypto";
import { availableParallelism } from "node:os";
import type { Block } from "./block-cutter.js";
import { hashStretches } from "./hash-stretches.js";
import { HashThread } from "./hash-thread.js";

/** Of a smaller blob the chunks are hashed before a thread has started. */
const THREAD_FROM = 32 * 1024 * 1024;

/** Hashes the chunks of one blob, in another thread if it is large, and the whole of it. */
export class BlobHasher {
  readonly #memory: Uint8Array;
  readonly #whole = createHash("sha256");
  #thread: HashThread | undefined;
  #size = 0;

  constructor(memory: Uint8Array) {
    this.#memory = memory;
  }

  /** SHA-256 of each of the block's chunks. */
  add({ bounds, fresh }: Block): string[] | Promise<string[]> {
    this.#size += fresh.length;
    if (this.#size > THREAD_FROM && availableParallelism() > 1) this.#thread ??= HashThread.take();
    const hashes =
      this.#thread?.hash(this.#memory, bounds) ?? hashStretches(hash, this.#memory, bounds);
    this.#whole.update(fresh);
    return hashes;
  }

  /** Of all blocks; once. */
  finish(): { size: number; sha256: string } {
    return { size: this.#size, sha256: this.#whole.digest("hex") };
  }

  close(): void {
    this.#thread?.release();
  }
}
