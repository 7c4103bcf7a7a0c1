import type { RangeReader } from "../../../src/formats/index.js";

/** A source of any size: what was put into it, and zeros elsewhere. */
export class SparseReader implements RangeReader {
  readonly #pieces: { readonly start: number; readonly bytes: Uint8Array }[] = [];
  size = 0;
  /** Bytes that were read. */
  bytesRead = 0;

  append(bytes: Uint8Array): void {
    this.#pieces.push({ start: this.size, bytes });
    this.size += bytes.length;
  }

  skip(length: number): void {
    this.size += length;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const target = new Uint8Array(end - start);
    this.bytesRead += target.length;
    for (const piece of this.#pieces) {
      const from = Math.max(start, piece.start);
      const to = Math.min(end, piece.start + piece.bytes.length);
      if (from < to) {
        target.set(piece.bytes.subarray(from - piece.start, to - piece.start), from - start);
      }
    }
    return target;
  }
}
