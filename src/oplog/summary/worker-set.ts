/** Threads of programs that are told apart; further ones share the numbers of others. */
const MAX_WORKERS = 65_536;

/** Numbers the threads of all clients and logs from 0, in bounded memory. */
export class WorkerNumbers {
  #clients = new Map<string, Map<number, number>>();
  #client: string | undefined;
  #threads = new Map<number, number>();
  #count = 0;

  /** At most 65,536 are told apart. */
  get count(): number {
    return this.#count;
  }

  /** From now on the same client and thread are others: those of another program's log. */
  beginLog(): void {
    this.#clients = new Map();
    this.#client = undefined;
  }

  numberOf(client: string, thread: number): number {
    if (client !== this.#client) this.#select(client);
    const known = this.#threads.get(thread);
    if (known !== undefined) return known;
    if (this.#count >= MAX_WORKERS) return Math.abs(thread) % MAX_WORKERS;
    this.#threads.set(thread, this.#count);
    return this.#count++;
  }

  #select(client: string): void {
    this.#client = client;
    this.#threads = this.#clients.get(client) ?? new Map();
    if (this.#count < MAX_WORKERS) this.#clients.set(client, this.#threads);
  }
}

/** A set of workers by their numbers. */
export class WorkerSet {
  #bits = new Uint32Array(4);

  add(worker: number): void {
    const word = worker >>> 5;
    if (word >= this.#bits.length) this.#grow(word + 1);
    this.#bits[word]! |= 1 << (worker & 31);
  }

  merge(other: WorkerSet): void {
    if (other.#bits.length > this.#bits.length) this.#grow(other.#bits.length);
    for (let i = 0; i < other.#bits.length; i++) this.#bits[i]! |= other.#bits[i]!;
  }

  get size(): number {
    let size = 0;
    for (let word of this.#bits) {
      for (; word !== 0; word &= word - 1) size++;
    }
    return size;
  }

  #grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, 2 * this.#bits.length));
    grown.set(this.#bits);
    this.#bits = grown;
  }
}
