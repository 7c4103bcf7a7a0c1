import { ALIGNMENT, alignDown, alignUp } from "../../../core/index.js";
import type { ChunkReader } from "../../local-disk/index.js";
import type { DirectContext } from "./direct-context.js";

/** Where blocks come from. */
export interface BlockReader {
  /** Reads into aligned memory at an aligned position until it is full or the file ends. */
  readBlock(block: Uint8Array, position: number): Promise<number>;
}

interface Reading {
  readonly block: Uint8Array;
  readonly position: number;
  readonly count: Promise<number>;
}

/**
 * A range as aligned blocks, read ahead into as many blocks as the pool has free, at most `depth`. The first
 * and the last block reach beyond the range; only what belongs to it is handed out.
 */
export class DirectChunks implements ChunkReader {
  readonly #file: BlockReader;
  readonly #io: DirectContext;
  readonly #start: number;
  readonly #end: number;
  readonly #stop: number;
  readonly #ahead: Reading[] = [];
  #position: number;
  #held: Uint8Array | undefined;

  constructor(file: BlockReader, io: DirectContext, start: number, end: number) {
    this.#file = file;
    this.#io = io;
    this.#start = start;
    this.#end = end;
    this.#position = alignDown(start);
    this.#stop = end > start ? alignUp(end) : this.#position;
  }

  async next(): Promise<Uint8Array | undefined> {
    this.#giveHeld();
    if (this.#ahead.length === 0 && this.#position < this.#stop) {
      const { pool } = this.#io;
      this.#begin(pool.take() ?? pool.small(this.#stop - this.#position));
    }
    while (this.#ahead.length < this.#io.depth && this.#position < this.#stop) {
      const block = this.#io.pool.take();
      if (block === undefined) break;
      this.#begin(block);
    }
    const reading = this.#ahead.shift();
    if (reading === undefined) return undefined;
    this.#held = reading.block;
    const count = await reading.count;
    const from = Math.max(this.#start - reading.position, 0);
    const to = Math.min(count, this.#end - reading.position);
    if (to <= from) {
      this.#position = this.#stop; // the file is shorter
      return undefined;
    }
    return reading.block.subarray(from, to);
  }

  async close(): Promise<void> {
    this.#position = this.#stop;
    for (const reading of this.#ahead.splice(0)) {
      await reading.count.catch(() => {}); // nobody asks for these bytes any more
      this.#io.pool.give(reading.block);
    }
    this.#giveHeld();
  }

  #begin(block: Uint8Array): void {
    const length = Math.min(block.byteLength, this.#stop - this.#position);
    const position = this.#position;
    this.#position += Math.max(length, ALIGNMENT);
    const count = this.#file.readBlock(block.subarray(0, length), position);
    count.catch(() => {}); // told by the call that hands it out
    this.#ahead.push({ block, position, count });
  }

  #giveHeld(): void {
    if (this.#held !== undefined) this.#io.pool.give(this.#held);
    this.#held = undefined;
  }
}
