import { parseFields } from "./header-fields.js";
import { HeaderSection, MalformedReply } from "./header-section.js";

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
/** 13 hexadecimal digits stay below 2^53. */
const MAX_SIZE_DIGITS = 13;
/** Most bytes of extensions of one chunk; no server in use sends any. */
const MAX_EXTENSION_BYTES = 4_096;

type State = "size" | "extension" | "size-lf" | "data" | "data-cr" | "data-lf" | "trailers" | "end";

/**
 * The chunked transfer coding (RFC 9112 section 7.1), decoded in place: the data of a piece is moved
 * together at the piece's start. Extensions are skipped, trailers are checked and dropped.
 */
export class ChunkedDecoder {
  #state: State = "size";
  #digits = 0;
  #extension = 0;
  /** Size of the chunk while it is read, then what is left of it. */
  #left = 0;
  readonly #trailers = new HeaderSection();
  #consumed = 0;

  /** True when the last chunk and the trailers have been read. */
  get done(): boolean {
    return this.#state === "end";
  }

  /** Where the coding ended in the last piece; valid when done. */
  get consumed(): number {
    return this.#consumed;
  }

  /** Decodes `bytes[start, end)`; the data then lies at `bytes[start, result)`. Throws MalformedReply. */
  decode(bytes: Buffer, start: number, end: number): number {
    let to = start;
    let at = start;
    while (at < end && this.#state !== "end") {
      if (this.#state === "data") {
        const count = Math.min(this.#left, end - at);
        if (to !== at) bytes.copyWithin(to, at, at + count);
        to += count;
        at += count;
        this.#left -= count;
        if (this.#left === 0) this.#state = "data-cr";
      } else if (this.#state === "trailers") {
        const after = this.#trailers.push(bytes, at, end);
        if (after < 0) return to;
        parseFields(this.#trailers.text, 0);
        this.#state = "end";
        at = after;
      } else {
        this.#step(this.#state, bytes[at++]!);
      }
    }
    this.#consumed = at;
    return to;
  }

  #step(state: Exclude<State, "data" | "trailers" | "end">, byte: number): void {
    switch (state) {
      case "size":
        this.#size(byte);
        return;
      case "extension":
        if (byte === CR) this.#state = "size-lf";
        else if (byte === LF || byte === 0 || ++this.#extension > MAX_EXTENSION_BYTES) {
          throw new MalformedReply("a bad chunk extension");
        }
        return;
      case "size-lf":
        if (byte !== LF) throw new MalformedReply("a chunk size without its line end");
        this.#state = this.#left === 0 ? "trailers" : "data";
        return;
      case "data-cr":
        if (byte !== CR) throw new MalformedReply("a chunk longer than its size");
        this.#state = "data-lf";
        return;
      case "data-lf":
        if (byte !== LF) throw new MalformedReply("a chunk without its line end");
        this.#state = "size";
        this.#digits = 0;
        this.#extension = 0;
        this.#left = 0;
    }
  }

  #size(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (++this.#digits > MAX_SIZE_DIGITS) throw new MalformedReply("a chunk size too large");
      this.#left = this.#left * 16 + digit;
      return;
    }
    if (this.#digits === 0 || (byte !== CR && byte !== SEMICOLON)) {
      throw new MalformedReply("a bad chunk size");
    }
    this.#state = byte === CR ? "size-lf" : "extension";
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
