import type { BufferPool, PooledBuffer } from "../../storage/index.js";

/** What stops when something of it fails: its signal fires, and it knows why. */
export interface Stoppable {
  readonly signal: AbortSignal | undefined;
  throwIfFailed(): void;
}

/** A buffer of the pool, when there is one. Throws what the work has failed with meanwhile. */
export async function borrow(
  pool: BufferPool,
  length: number,
  work: Stoppable,
): Promise<PooledBuffer> {
  let buffer: PooledBuffer;
  try {
    buffer = await pool.acquire(length, work.signal);
  } catch (error) {
    work.throwIfFailed();
    throw error;
  }
  work.throwIfFailed();
  return buffer;
}
