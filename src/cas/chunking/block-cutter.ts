import { AREA, GearScanner } from "./gear-scanner.js";

/** Bytes in a row, and the chunks that end among them. */
export interface Block {
  /** Where each chunk begins in the memory, and where it ends: two numbers for each. */
  readonly bounds: readonly number[];
  /** Of each chunk, counted from 0. */
  readonly parts: readonly number[];
  /** What is new in it; a chunk may begin in front of it. */
  readonly fresh: Uint8Array;
}

/** Cutters that nobody has, to be used again: the garbage collector does not see how much memory it would get back. */
const idle: BlockCutter[] = [];
const MOST_IDLE = 16;

/**
 * Gathers bytes into blocks in its memory and cuts them. There are three areas for blocks, used in turn: a block's bytes stay
 * until the second block behind it is ended and bytes for the third are added.
 */
export class BlockCutter {
  readonly #scanner = new GearScanner();
  #turn = 0;
  /** Where new bytes of the block begin, where the open chunk does, and where bytes end. */
  #fresh = this.#scanner.areaStart(0);
  #start = this.#fresh;
  #end = this.#fresh;
  #part = 0;
  #bounds: number[] = [];
  #parts: number[] = [];

  /** To be given back by {@link release}. */
  static take(): BlockCutter {
    return idle.pop() ?? new BlockCutter();
  }

  private constructor() {}

  get memory(): Uint8Array {
    return this.#scanner.memory;
  }

  /** Bytes for which the block has room. */
  get room(): number {
    return this.#fresh + AREA - this.#end;
  }

  /** Takes bytes, as many as there is room for at most. */
  add(bytes: Uint8Array): void {
    this.memory.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The bytes that come next begin a chunk. */
  endPart(): void {
    this.#cut(true);
    this.#part++;
  }

  /** Ends the block, and begins another with the bytes of the chunk that is not at its end. */
  takeBlock(): Block {
    this.#cut(false);
    const fresh = this.memory.subarray(this.#fresh, this.#end);
    const block = { bounds: this.#bounds, parts: this.#parts, fresh };
    this.#bounds = [];
    this.#parts = [];
    this.#fresh = this.#scanner.areaStart(++this.#turn);
    const carried = this.#end - this.#start;
    this.memory.copyWithin(this.#fresh - carried, this.#start, this.#end);
    this.#start = this.#fresh - carried;
    this.#end = this.#fresh;
    return block;
  }

  /** Forgets what it has; its memory is another's from now on. */
  release(): void {
    this.endPart();
    this.takeBlock();
    this.#part = 0;
    if (idle.length < MOST_IDLE) idle.push(this);
  }

  #cut(isLast: boolean): void {
    for (;;) {
      const next = this.#scanner.cut(this.#start, this.#end, isLast);
      if (next === undefined) return;
      this.#bounds.push(this.#start, next);
      this.#parts.push(this.#part);
      this.#start = next;
    }
  }
}
