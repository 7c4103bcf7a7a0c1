/** Chunks that are looked up and compressed together, in memory of their own. */
export class ChunkGroup {
  readonly hashes: string[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly memory: Uint8Array;
  #used = 0;

  constructor(memory: Uint8Array) {
    this.memory = memory;
  }

  get count(): number {
    return this.hashes.length;
  }

  fits(bytes: Uint8Array): boolean {
    return this.#startFor(bytes) + bytes.length <= this.memory.length;
  }

  add(hash: string, bytes: Uint8Array): void {
    const start = this.#startFor(bytes);
    this.memory.set(bytes, start);
    this.#used = start + bytes.length;
    this.hashes.push(hash);
    this.#starts.push(start);
    this.#ends.push(this.#used);
  }

  /** A view. */
  bytes(chunk: number): Uint8Array {
    return this.memory.subarray(this.#starts[chunk], this.#ends[chunk]);
  }

  /** Shared memory is copied eight times as fast to where it lies alike in the words of the machine. */
  #startFor({ byteOffset }: Uint8Array): number {
    return this.#used + ((byteOffset - this.#used) & 7);
  }
}
