import type { OpLogEntry } from "./entry.js";
import type { FrameNotes } from "./frame-notes.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Adds to rows what the notes on their frame say of them. */
export class NotedRows {
  #notes: FrameNotes | undefined;
  /** Row of the frame that comes next. */
  #row = 0;
  #store = 0;
  #storeEnds = 0;
  #offset = 0;
  #source = 0;
  /** Rows that the writer dropped, as far as the notes told. */
  dropped = 0;

  /** The rows from now on are those of the frame behind these notes. */
  begin(notes: FrameNotes): void {
    this.#notes = notes;
    this.#row = 0;
    this.#store = 0;
    this.#storeEnds = notes.stores[0]?.[1] ?? 0;
    this.#offset = 0;
    this.#source = 0;
    this.dropped = notes.dropped;
  }

  /** The same rows; they are changed in place, being nobody else's yet. */
  apply(rows: OpLogEntry[]): OpLogEntry[] {
    for (const row of rows) {
      const notes = this.#notes;
      if (notes === undefined) break;
      if (this.#row >= notes.rows) {
        this.#notes = undefined;
        break;
      }
      this.#applyTo(row, notes);
      this.#row++;
    }
    return rows;
  }

  #applyTo(entry: Mutable<OpLogEntry>, notes: FrameNotes): void {
    const row = this.#row;
    while (row >= this.#storeEnds && this.#store < notes.stores.length) {
      this.#store++;
      this.#storeEnds += notes.stores[this.#store]?.[1] ?? 0;
    }
    const store = notes.stores[this.#store]?.[0];
    if (store) entry.store = store;
    const offset = notes.offsets[this.#offset];
    if (offset?.[0] === row) {
      entry.offset = offset[1];
      this.#offset++;
    }
    const source = notes.sources[this.#source];
    if (source?.[0] === row) {
      entry.source = source[1];
      this.#source++;
    }
  }
}
