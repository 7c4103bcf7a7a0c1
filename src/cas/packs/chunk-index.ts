import type { PackFooter } from "./pack-footer.js";
import type { ChunkPlace } from "./pack-format.js";

/** Words of 32 bits that are kept of a hash. */
const WORDS = 4;
const LEAST_SLOTS = 1024;

/**
 * Which pack holds a chunk: the first 128 bits of each chunk's SHA-256 in the order of the packs, and a table with open
 * addressing over them. 24 to 40 bytes a chunk: 1 TiB in chunks of 64 KiB takes 400 to 670 MB here, and 670 MB of index
 * objects are read for it. Who relies on an answer compares the whole hash with the pack's footer, see `HeldChunks`.
 */
export class ChunkIndex {
  /** Of each chunk. */
  #hashes = new Uint32Array(LEAST_SLOTS * WORDS);
  #chunks = 0;
  /** Number of a chunk plus one; 0 for free. At most half of them are in use. */
  #slots = new Uint32Array(2 * LEAST_SLOTS);
  readonly #packs: string[] = [];
  /** Of each pack: the number of its first chunk. */
  readonly #firsts: number[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #dropped = new Set<number>();

  /** Chunks of all packs that were added. */
  get size(): number {
    return this.#chunks;
  }

  hasPack(pack: string): boolean {
    return this.#numbers.has(pack);
  }

  /** Adds all chunks of a pack; a pack that was added before is left as it is. */
  add(footer: PackFooter): void {
    if (this.#numbers.has(footer.pack)) return;
    this.#numbers.set(footer.pack, this.#packs.length);
    this.#packs.push(footer.pack);
    this.#firsts.push(this.#chunks);
    this.#makeRoom(this.#chunks + footer.count);
    for (let entry = 0; entry < footer.count; entry++) {
      const { buffer, byteOffset } = footer.hashBytes(entry);
      const view = new DataView(buffer, byteOffset, 4 * WORDS);
      const at = this.#chunks * WORDS;
      for (let word = 0; word < WORDS; word++) this.#hashes[at + word] = view.getUint32(4 * word);
      this.#insert(this.#chunks++);
    }
  }

  /** Answers no more with this pack. */
  drop(pack: string): void {
    const number = this.#numbers.get(pack);
    if (number !== undefined) this.#dropped.add(number);
  }

  /** Answers no more with those of the packs for which `when` is true. */
  dropIf(when: (pack: string) => boolean): void {
    for (const [pack, number] of this.#numbers) if (when(pack)) this.#dropped.add(number);
  }

  /** Where a chunk is, by its SHA-256 in hex; undefined if no pack has it. */
  find(hash: string): ChunkPlace | undefined {
    const words = wordsOf(hash);
    const slot = this.#slotOf(words);
    const chunk = this.#slots[slot]! - 1;
    if (chunk < 0) return undefined;
    const number = this.#packOf(chunk);
    if (this.#dropped.has(number)) return undefined;
    return { pack: this.#packs[number]!, entry: chunk - this.#firsts[number]! };
  }

  /** The slot of this hash: its own, or the free one where it would stand. */
  #slotOf(words: ArrayLike<number>, at = 0): number {
    const mask = this.#slots.length - 1;
    for (let slot = words[at]! & mask; ; slot = (slot + 1) & mask) {
      const chunk = this.#slots[slot]! - 1;
      if (chunk < 0) return slot;
      const other = chunk * WORDS;
      let word = 0;
      while (word < WORDS && this.#hashes[other + word] === words[at + word]) word++;
      if (word === WORDS) return slot;
    }
  }

  /** Of a chunk that several packs have, the one added last counts: the others may be on their way out. */
  #insert(chunk: number): void {
    this.#slots[this.#slotOf(this.#hashes, chunk * WORDS)] = chunk + 1;
  }

  /** The last pack whose first chunk is not behind this one. */
  #packOf(chunk: number): number {
    let low = 0;
    let high = this.#firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#firsts[middle]! <= chunk) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #makeRoom(chunks: number): void {
    if (chunks * WORDS > this.#hashes.length) {
      const hashes = new Uint32Array(WORDS * Math.max(chunks, Math.ceil(this.#chunks * 1.5)));
      hashes.set(this.#hashes.subarray(0, this.#chunks * WORDS));
      this.#hashes = hashes;
    }
    let slots = this.#slots.length;
    while (2 * chunks > slots) slots *= 2;
    if (slots === this.#slots.length) return;
    this.#slots = new Uint32Array(slots);
    for (let chunk = 0; chunk < this.#chunks; chunk++) this.#insert(chunk);
  }
}

function wordsOf(hash: string): number[] {
  const words: number[] = [];
  for (let word = 0; word < WORDS; word++) {
    words.push(Number.parseInt(hash.slice(8 * word, 8 * word + 8), 16));
  }
  return words;
}
