import { viewOf } from "../little-endian.js";
import {
  checkData,
  checkHeader,
  FOOTER_BYTES,
  HEADER_BYTES,
  type RecordHeader,
  type TfRecordEntry,
  type TfRecordOptions,
  tfRecordSize,
  truncated,
} from "./framing.js";

/** A record that began in an earlier chunk: its data and footer, as far as they came. */
interface Begun {
  readonly header: RecordHeader;
  readonly bytes: Uint8Array;
  filled: number;
}

/**
 * Finds the records in chunks of any length, and verifies them. A record that lies in one chunk is
 * given as a view of it; one that spans chunks is copied once. Nothing is awaited: the fast way where
 * records are small.
 */
export class TfRecordParser {
  readonly #options: TfRecordOptions;
  /** A header that is split between chunks. */
  readonly #split = new Uint8Array(HEADER_BYTES);
  #splitFilled = 0;
  #begun: Begun | undefined;
  /** Where the next record begins in the file. */
  #offset: number;
  #received: number;
  #last: TfRecordEntry = { offset: 0, length: 0 };

  /** `position` is where in the file the first chunk begins: at a record. */
  constructor(options: TfRecordOptions = {}, position = 0) {
    this.#options = options;
    this.#offset = position;
    this.#received = position;
  }

  /** Where the record is that was given last. */
  get entry(): TfRecordEntry {
    return this.#last;
  }

  /**
   * The data of the records that a chunk completes, each valid as long as the chunk is. All must be
   * taken before the next push. Throws `integrity` and `corrupt-format`.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    const view = viewOf(chunk);
    this.#received += chunk.length;
    let at = 0;
    for (;;) {
      if (this.#begun === undefined) {
        if (this.#splitFilled === 0 && chunk.length - at >= HEADER_BYTES) {
          const header = checkHeader(view, at, this.#offset, this.#options);
          at += HEADER_BYTES;
          const end = at + header.dataBytes;
          if (end + FOOTER_BYTES <= chunk.length) {
            const data = chunk.subarray(at, end);
            at = end + FOOTER_BYTES;
            yield this.#complete(data, view.getUint32(end, true), header);
            continue;
          }
          this.#begin(header);
        } else {
          const piece = chunk.subarray(at, at + HEADER_BYTES - this.#splitFilled);
          this.#split.set(piece, this.#splitFilled);
          this.#splitFilled += piece.length;
          at += piece.length;
          if (this.#splitFilled < HEADER_BYTES) return;
          this.#splitFilled = 0;
          this.#begin(checkHeader(viewOf(this.#split), 0, this.#offset, this.#options));
        }
      }
      const { header, bytes, filled } = this.#begun!;
      const piece = chunk.subarray(at, at + bytes.length - filled);
      bytes.set(piece, filled);
      at += piece.length;
      this.#begun!.filled += piece.length;
      if (filled + piece.length < bytes.length) return;
      this.#begun = undefined;
      const footer = viewOf(bytes).getUint32(header.dataBytes, true);
      yield this.#complete(bytes.subarray(0, header.dataBytes), footer, header);
    }
  }

  /** To be called behind the last chunk. Throws `corrupt-format` if it ended inside a record. */
  end(): void {
    if (this.#received !== this.#offset) throw truncated(this.#offset, this.#received);
  }

  #begin(header: RecordHeader): void {
    this.#begun = { header, bytes: new Uint8Array(header.dataBytes + FOOTER_BYTES), filled: 0 };
  }

  #complete(data: Uint8Array, footer: number, header: RecordHeader): Uint8Array {
    checkData(data, footer, this.#offset, header, this.#options);
    const length = tfRecordSize(data.length);
    this.#last = { offset: this.#offset, length };
    this.#offset += length;
    return data;
  }
}
