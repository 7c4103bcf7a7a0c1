import { crc32cCombine } from "../../core/index.js";

/** Lengths and CRC-32C of blocks, told in any order. */
export class BlockTally {
  readonly #crcs: number[] = [];
  readonly #lengths: number[] = [];

  set(index: number, length: number, crc32c: number): void {
    this.#lengths[index] = length;
    this.#crcs[index] = crc32c;
  }

  /** Of each block. */
  get crcs(): Uint32Array {
    return Uint32Array.from(this.#crcs);
  }

  /** CRC-32C of all blocks in a row. */
  whole(): number {
    return this.#crcs.reduce((whole, crc, i) => crc32cCombine(whole, crc, this.#lengths[i]!), 0);
  }
}
