import { type AlignedSource, allocateAligned } from "../../../core/index.js";

/**
 * Blocks of aligned memory, used again, bounded by bytes. Nobody ever waits for one: a transfer that waits while it
 * holds a block, as a copy from store to store would, could wait for itself. Where all
 * blocks are lent, the caller goes on with a small block of its own.
 */
export class AlignedPool {
  readonly blockBytes: number;
  readonly #capacity: number;
  readonly #source: AlignedSource;
  readonly #free: Uint8Array[] = [];
  #made = 0;

  constructor(blockBytes: number, poolBytes: number, source: AlignedSource) {
    this.blockBytes = blockBytes;
    this.#capacity = Math.max(1, Math.floor(poolBytes / blockBytes));
    this.#source = source;
  }

  /** A block to be given back, or undefined if all are lent. */
  take(): Uint8Array | undefined {
    const free = this.#free.pop();
    if (free !== undefined || this.#made >= this.#capacity) return free;
    this.#made += 1;
    return allocateAligned(this.blockBytes, this.#source);
  }

  /** Aligned memory that belongs to no pool and is for the caller alone. */
  small(bytes: number): Uint8Array {
    return allocateAligned(Math.min(bytes, SMALL_BLOCK), this.#source);
  }

  give(block: Uint8Array): void {
    if (block.byteLength === this.blockBytes) this.#free.push(block);
  }

  clear(): void {
    this.#made -= this.#free.length;
    this.#free.length = 0;
  }
}

/** What one transfer holds beyond the pool when that is used up. */
export const SMALL_BLOCK = 256 << 10;
