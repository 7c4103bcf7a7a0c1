const MIN_SLOTS = 64;
const MAX_LOAD = 0.6;
/** Of a slot: nothing there. */
const FREE = -1;

/**
 * A set of ids of one width, each with a number from 0 in the order in which they came: about 40 bytes for an id
 * of 32. Ids are cryptographic hashes or random, so that any of their bits serve to place them.
 */
export class IdSet {
  readonly #width: number;
  #bytes: Buffer;
  #slots: Int32Array;
  #size = 0;

  /** @param width Bytes of an id: 32 of a blob, 16 of a pack. */
  constructor(width: number, ids: Iterable<string> = []) {
    this.#width = width;
    this.#bytes = Buffer.alloc(MIN_SLOTS * width);
    this.#slots = new Int32Array(MIN_SLOTS).fill(FREE);
    for (const id of ids) this.add(id);
  }

  get size(): number {
    return this.#size;
  }

  /** The number of the id, which is in lower hex, now in the set. */
  add(id: string): number {
    const key = Buffer.from(id, "hex");
    const slot = this.#slotOf(key);
    const known = this.#slots[slot] as number;
    if (known !== FREE) return known;
    if ((this.#size + 1) * this.#width > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    }
    key.copy(this.#bytes, this.#size * this.#width);
    this.#slots[slot] = this.#size++;
    if (this.#size > this.#slots.length * MAX_LOAD) this.#grow();
    return this.#size - 1;
  }

  /** The number of the id; undefined if it is not in the set. */
  numberOf(id: string): number | undefined {
    const known = this.#slots[this.#slotOf(Buffer.from(id, "hex"))] as number;
    return known === FREE ? undefined : known;
  }

  has(id: string): boolean {
    return this.numberOf(id) !== undefined;
  }

  /** The id of a number below `size`. */
  id(number: number): string {
    return this.#bytes.toString("hex", number * this.#width, (number + 1) * this.#width);
  }

  *[Symbol.iterator](): Generator<string, void, undefined> {
    for (let number = 0; number < this.#size; number++) yield this.id(number);
  }

  /** Where the key is, or where it would go. */
  #slotOf(key: Buffer): number {
    const mask = this.#slots.length - 1;
    for (let slot = key.readUInt32LE(4) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] as number;
      if (number === FREE) return slot;
      const start = number * this.#width;
      if (this.#bytes.compare(key, 0, this.#width, start, start + this.#width) === 0) return slot;
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(FREE);
    for (let number = 0; number < this.#size; number++) {
      const start = number * this.#width;
      this.#slots[this.#slotOf(this.#bytes.subarray(start, start + this.#width))] = number;
    }
  }
}
