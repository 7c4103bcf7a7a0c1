import type { RangeReader } from "../../../formats/index.js";
import type { CallOptions, ObjectMeta, ObjectStore } from "../../../storage/index.js";

/** Objects up to here are read once and kept while they are looked at. */
const SMALL_BYTES = 16 * 1024 * 1024;

/**
 * One object in the version that was listed: if another is put in its place, reads throw `precondition-failed`, so that
 * what is checked is what is copied.
 */
export class PinnedContent {
  readonly meta: ObjectMeta;
  readonly #store: ObjectStore;
  readonly #signal: AbortSignal | undefined;
  #small: Promise<Uint8Array> | undefined;

  constructor(store: ObjectStore, meta: ObjectMeta, { signal }: CallOptions = {}) {
    this.#store = store;
    this.meta = meta;
    this.#signal = signal;
  }

  get uri(): string {
    return this.#store.uriOf(this.meta.key);
  }

  /** All of it in memory. */
  async bytes(): Promise<Uint8Array> {
    if (this.meta.size > SMALL_BYTES) return this.#store.bytes(this.meta.key, this.#pinned());
    this.#small ??= this.#store.bytes(this.meta.key, this.#pinned());
    return this.#small;
  }

  /** Random access; of small objects to what was read. */
  reader(): RangeReader {
    const { key, size } = this.meta;
    return {
      size,
      read: async (start, end) =>
        size <= SMALL_BYTES
          ? (await this.bytes()).subarray(start, end)
          : this.#store.bytes(key, { ...this.#pinned(), range: { start, end } }),
    };
  }

  /** Its bytes in order. A piece is valid until the next one is asked for. */
  async *stream(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.meta.size <= SMALL_BYTES) yield await this.bytes();
    else yield* (await this.#store.get(this.meta.key, this.#pinned())).body;
  }

  #pinned() {
    return { ifMatch: this.meta.etag, signal: this.#signal };
  }
}
