const CR = 0x0d;
const LF = 0x0a;

/** Most bytes of a head or of trailers. */
export const MAX_SECTION_BYTES = 65_536;

/** What is wrong with a reply, before the connection adds whose it is. */
export class MalformedReply extends Error {
  override readonly name = "MalformedReply";
}

/**
 * Finds the end (an empty line) of a section of CRLF-terminated lines that arrives in pieces, and
 * refuses a CR or LF on its own and NUL: RFC 9112 section 2.2 lets a recipient take them for line
 * ends, and where two recipients differ, replies can be smuggled.
 */
export class HeaderSection {
  #held: Buffer | undefined;
  #heldBytes = 0;
  #lineBytes = 0;
  #afterCr = false;
  #text = "";

  /** Everything up to and including the empty line; valid when `push` has found the end. */
  get text(): string {
    return this.#text;
  }

  /**
   * Takes `bytes[start, end)`; the offset behind the empty line, or -1 if the section goes on.
   * Throws MalformedReply.
   */
  push(bytes: Buffer, start: number, end: number): number {
    const stop = Math.min(end, start + MAX_SECTION_BYTES - this.#heldBytes);
    let afterCr = this.#afterCr;
    let lineBytes = this.#lineBytes;
    for (let i = start; i < stop; i++) {
      const byte = bytes[i]!;
      if (afterCr) {
        if (byte !== LF) throw new MalformedReply("a carriage return without a line feed");
        if (lineBytes === 0) {
          this.#finish(bytes, start, i + 1);
          return i + 1;
        }
        afterCr = false;
        lineBytes = 0;
      } else if (byte === CR) {
        afterCr = true;
      } else if (byte === LF) {
        throw new MalformedReply("a line feed without a carriage return");
      } else if (byte === 0) {
        throw new MalformedReply("a NUL byte among its headers");
      } else {
        lineBytes++;
      }
    }
    if (this.#heldBytes + (stop - start) >= MAX_SECTION_BYTES) {
      throw new MalformedReply(`more than ${MAX_SECTION_BYTES} bytes of headers`);
    }
    this.#afterCr = afterCr;
    this.#lineBytes = lineBytes;
    this.#hold(bytes, start, end);
    return -1;
  }

  #finish(bytes: Buffer, start: number, end: number): void {
    if (this.#held === undefined) {
      this.#text = bytes.toString("latin1", start, end);
      return;
    }
    this.#hold(bytes, start, end);
    this.#text = this.#held.toString("latin1", 0, this.#heldBytes);
    this.#held = undefined;
    this.#heldBytes = 0;
    this.#lineBytes = 0;
    this.#afterCr = false;
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    const needed = this.#heldBytes + (end - start);
    if (this.#held === undefined || this.#held.length < needed) {
      const grown = Buffer.allocUnsafe(Math.max(1_024, needed * 2));
      this.#held?.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#heldBytes, start, end);
    this.#heldBytes = needed;
  }
}
