/** Small pieces leave joined to this size. */
const PIECE_BYTES = 1024 * 1024;
/** Bytes of at least this length leave as they are, without a copy. */
const PASSED_BYTES = 256 * 1024;

const NOTHING: readonly Uint8Array[] = [];

/** Joins small pieces to large ones; each that it gives is memory of its own or the caller's. */
export class OutputPieces {
  #piece: Uint8Array | undefined;
  #used = 0;
  /** Bytes that were added. */
  total = 0;

  /** The pieces that are ready now. */
  add(bytes: Uint8Array): readonly Uint8Array[] {
    this.total += bytes.length;
    if (bytes.length >= PASSED_BYTES) return [...this.flush(), bytes];
    if (bytes.length === 0) return NOTHING;
    this.#piece ??= new Uint8Array(PIECE_BYTES);
    const room = PIECE_BYTES - this.#used;
    if (bytes.length < room) {
      this.#piece.set(bytes, this.#used);
      this.#used += bytes.length;
      return NOTHING;
    }
    this.#piece.set(bytes.subarray(0, room), this.#used);
    this.#used = PIECE_BYTES;
    const full = this.flush();
    this.#piece = new Uint8Array(PIECE_BYTES);
    this.#piece.set(bytes.subarray(room));
    this.#used = bytes.length - room;
    return full;
  }

  flush(): readonly Uint8Array[] {
    if (this.#piece === undefined || this.#used === 0) return NOTHING;
    const piece = this.#piece.subarray(0, this.#used);
    this.#piece = undefined;
    this.#used = 0;
    return [piece];
  }
}
