import type { Stretch } from "./cut-stretch.js";
import { AREA, type GearMemory } from "./gear-memory.js";

/** Puts bytes into the areas of a memory, and notes where parts end. */
export class AreaFiller {
  readonly #memory: GearMemory;
  #turn = 0;
  #from: number;
  #end: number;
  #part = 0;
  #ends: number[] = [];

  constructor(memory: GearMemory) {
    this.#memory = memory;
    this.#from = memory.areaStart(0);
    this.#end = this.#from;
  }

  /** Bytes for which the area has room. */
  get room(): number {
    return this.#from + AREA - this.#end;
  }

  /** Takes bytes, as many as there is room for at most. */
  add(bytes: Uint8Array): void {
    this.#memory.bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The bytes that come next begin a chunk. */
  endPart(): void {
    this.#ends.push(this.#end);
  }

  /** What the area has; the next one is filled from now on. */
  take(): Stretch {
    const stretch = { from: this.#from, end: this.#end, part: this.#part, ends: this.#ends };
    this.#part += this.#ends.length;
    this.#ends = [];
    this.#from = this.#memory.areaStart(++this.#turn);
    this.#end = this.#from;
    return stretch;
  }
}
