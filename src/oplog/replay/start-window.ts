import { compareStarts, nanosBetween, type OpLogEntry } from "../entry.js";
import { Heap } from "./heap.js";

/**
 * Brings rows into the order of their starts as far as `rows` of them allow: the earliest one comes
 * out once so many are held, or none will come any more.
 */
export class StartWindow<T extends { readonly row: OpLogEntry }> {
  readonly #heap = new Heap<T>((a, b) => compareStarts(a.row, b.row));
  readonly #rows: number;
  #isComplete = false;
  #last: OpLogEntry | undefined;
  /** Rows that came out after a later one. */
  outOfOrder = 0;

  constructor(rows: number) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#heap.size;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  add(item: T): void {
    this.#heap.push(item);
  }

  /** No more will be added. */
  complete(): void {
    this.#isComplete = true;
  }

  peek(): T | undefined {
    return this.#isComplete || this.#heap.size >= this.#rows ? this.#heap.peek() : undefined;
  }

  take(): T | undefined {
    if (this.peek() === undefined) return undefined;
    const item = this.#heap.pop()!;
    if (this.#last !== undefined && nanosBetween(this.#last, item.row) < 0) this.outOfOrder++;
    else this.#last = item.row;
    return item;
  }
}
