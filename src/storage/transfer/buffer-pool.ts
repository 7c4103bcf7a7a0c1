import { allocateAligned, ByteBudget } from "../../core/index.js";

const SMALLEST = 4096;
const MEBIBYTE = 1 << 20;

export const DEFAULT_MEMORY_LIMIT = 256 * MEBIBYTE;

/** Memory on loan. Give it back once, when nothing reads or fills it any more. */
export interface PooledBuffer {
  /** As many bytes as were asked for. */
  readonly bytes: Uint8Array;
  release(): void;
  /**
   * Gives the room back but not the memory: for when a failed call may still touch it, so that it
   * never spoils what is read into it next.
   */
  discard(): void;
}

/**
 * Buffers that are used again instead of being made and collected, at most `limit` bytes of them.
 * Several transfers may share one pool and so one limit.
 */
export class BufferPool {
  readonly #budget: ByteBudget;
  readonly #idle = new Map<number, Uint8Array[]>();
  #idleBytes = 0;

  constructor(limit: number = DEFAULT_MEMORY_LIMIT) {
    this.#budget = new ByteBudget(limit);
  }

  get limit(): number {
    return this.#budget.limit;
  }

  /** Bytes on loan now. */
  get inUse(): number {
    return this.#budget.held;
  }

  /** Undefined if it would have to wait. */
  tryAcquire(length: number): PooledBuffer | undefined {
    const size = sizeClass(length);
    return this.#budget.tryAcquire(size) ? this.#lend(size, length) : undefined;
  }

  /** Waits its turn. Throws `aborted` if the signal fires meanwhile. */
  async acquire(length: number, signal?: AbortSignal): Promise<PooledBuffer> {
    const size = sizeClass(length);
    await this.#budget.acquire(size, signal);
    return this.#lend(size, length);
  }

  #lend(size: number, length: number): PooledBuffer {
    const memory = this.#idle.get(size)?.pop();
    if (memory === undefined) this.#makeRoom();
    else this.#idleBytes -= size;
    return new Loan(this, memory ?? allocate(size), length);
  }

  /** Idle buffers of other sizes must not add to what is on loan. */
  #makeRoom(): void {
    for (const [size, buffers] of this.#idle) {
      while (buffers.length > 0 && this.#budget.held + this.#idleBytes > this.limit) {
        buffers.pop();
        this.#idleBytes -= size;
      }
    }
  }

  /** For loans only. */
  takeBack(memory: Uint8Array, again: boolean): void {
    if (again) {
      const buffers = this.#idle.get(memory.length);
      if (buffers === undefined) this.#idle.set(memory.length, [memory]);
      else buffers.push(memory);
      this.#idleBytes += memory.length;
    }
    this.#budget.release(memory.length);
  }
}

class Loan implements PooledBuffer {
  readonly bytes: Uint8Array;
  readonly #pool: BufferPool;
  #memory: Uint8Array | undefined;

  constructor(pool: BufferPool, memory: Uint8Array, length: number) {
    this.#pool = pool;
    this.#memory = memory;
    this.bytes = memory.length === length ? memory : memory.subarray(0, length);
  }

  release(): void {
    this.#end(true);
  }

  discard(): void {
    this.#end(false);
  }

  #end(again: boolean): void {
    const memory = this.#memory;
    this.#memory = undefined;
    if (memory !== undefined) this.#pool.takeBack(memory, again);
  }
}

/** Large buffers begin at a page: a store past the page cache moves them without a copy. */
function allocate(size: number): Uint8Array {
  return size >= MEBIBYTE ? allocateAligned(size) : Buffer.allocUnsafeSlow(size);
}

/** Few sizes, so that buffers fit again: powers of two up to 1 MiB, whole MiB above. */
function sizeClass(length: number): number {
  if (length > MEBIBYTE) return Math.ceil(length / MEBIBYTE) * MEBIBYTE;
  let size = SMALLEST;
  while (size < length) size *= 2;
  return size;
}
