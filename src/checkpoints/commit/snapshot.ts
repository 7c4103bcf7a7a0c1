import { setImmediate } from "node:timers/promises";
import { alignUp } from "../../core/index.js";
import { LodeError, throwIfAborted } from "../../errors.js";
import { BufferPool, type PooledBuffer } from "../../storage/index.js";
import type { ShardSource } from "../shards/index.js";

/** Memory is taken in pieces of this size, so that what one save has used fits the next. */
const SLAB = 64 << 20;

/** Shards begin at a multiple of this where they are as long: no block of theirs straddles slabs. */
const BLOCK = 8 << 20;

/** The bytes of a checkpoint as they were, apart from the caller's. */
export interface Snapshot {
  readonly sources: readonly ShardSource[];
  /** Gives the memory back for the next one. */
  release(): void;
}

/** Copies shards into memory that it keeps: the pages of a fresh one would be faulted in each time. */
export class SnapshotMemory {
  readonly #pool = new BufferPool(Number.MAX_SAFE_INTEGER);

  /** Throws `invalid-argument` for a stream, and `aborted`. */
  async copy(
    sources: readonly ShardSource[],
    signal: AbortSignal | undefined,
    onProgress: (rank: number, bytes: number, totalBytes: number) => void,
  ): Promise<Snapshot> {
    const slabs = new Slabs(this.#pool);
    try {
      const copies: Uint8Array[][] = [];
      for (const [rank, source] of sources.entries()) {
        const pieces = piecesOf(source, rank);
        const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
        slabs.align(total);
        const told = (bytes: number) => onProgress(rank, bytes, total);
        copies.push(await copyShard(pieces, slabs, signal, told));
      }
      return { sources: copies, release: () => slabs.release() };
    } catch (error) {
      slabs.release();
      throw error;
    }
  }
}

/** The caller's own memory, which it hands over until the save is done. */
export function transferred(sources: readonly ShardSource[]): Snapshot {
  return { sources, release: () => undefined };
}

function piecesOf(source: ShardSource, rank: number): readonly Uint8Array[] {
  if (source instanceof Uint8Array) return [source];
  if (Array.isArray(source)) return source as readonly Uint8Array[];
  throw new LodeError({
    code: "invalid-argument",
    message: `the shard of rank ${rank} is a stream, which cannot be copied at one moment; save it with snapshot "transfer", or give its bytes`,
  });
}

async function copyShard(
  pieces: readonly Uint8Array[],
  slabs: Slabs,
  signal: AbortSignal | undefined,
  onProgress: (bytes: number) => void,
): Promise<Uint8Array[]> {
  const copies: Uint8Array[] = [];
  let copied = 0;
  for (const piece of pieces) {
    for (let offset = 0; offset < piece.length; ) {
      const room = await slabs.room();
      const part = piece.subarray(offset, offset + room.length);
      room.set(part);
      copies.push(room.subarray(0, part.length));
      slabs.advance(part.length);
      offset += part.length;
      copied += part.length;
      if (slabs.isFull) {
        // Requests and timers get their turn between two slabs.
        await setImmediate();
        throwIfAborted(signal, "save");
        onProgress(copied);
      }
    }
  }
  onProgress(copied);
  return joined(copies);
}

/** Neighbours in one slab as one piece, however many the source had. */
function joined(copies: readonly Uint8Array[]): Uint8Array[] {
  const runs: Uint8Array[] = [];
  for (const copy of copies) {
    const last = runs.at(-1);
    if (last?.buffer === copy.buffer && last.byteOffset + last.length === copy.byteOffset) {
      runs[runs.length - 1] = new Uint8Array(
        last.buffer,
        last.byteOffset,
        last.length + copy.length,
      );
    } else {
      runs.push(copy);
    }
  }
  return runs;
}

/** Slabs that are filled one after the other. */
class Slabs {
  readonly #pool: BufferPool;
  readonly #loans: PooledBuffer[] = [];
  #filled = SLAB;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  get isFull(): boolean {
    return this.#filled === SLAB;
  }

  /** Where a shard of so many bytes begins. */
  align(bytes: number): void {
    const unit = bytes >= BLOCK ? BLOCK : 1;
    this.#filled = Math.min(SLAB, Math.ceil(alignUp(this.#filled) / unit) * unit);
  }

  /** The rest of the slab that is filled now; never empty. */
  async room(): Promise<Uint8Array> {
    if (this.isFull) {
      this.#loans.push(await this.#pool.acquire(SLAB));
      this.#filled = 0;
    }
    return this.#loans.at(-1)!.bytes.subarray(this.#filled);
  }

  advance(bytes: number): void {
    this.#filled += bytes;
  }

  release(): void {
    for (const loan of this.#loans.splice(0)) loan.release();
  }
}
