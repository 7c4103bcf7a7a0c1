import { ChunkedDecoder } from "./chunked-decoder.js";
import type { BodyFraming } from "./response-head.js";

/** Finds the end of a reply's body and takes the chunked coding off it. */
export class BodyFramer {
  readonly length: number | undefined;
  readonly #decoder: ChunkedDecoder | undefined;
  #received = 0;
  #ended = false;
  #spent = false;

  constructor(framing: BodyFraming) {
    this.length = typeof framing === "number" ? framing : undefined;
    this.#decoder = framing === "chunked" ? new ChunkedDecoder() : undefined;
    this.#ended = framing === 0;
  }

  /** Bytes of data so far, without framing. */
  get received(): number {
    return this.#received;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** True if the connection is of no further use: it is closed, or bytes came behind the end. */
  get spent(): boolean {
    return this.#spent;
  }

  /** Counts bytes that are known to be data of a body with a length. */
  count(bytes: number): void {
    this.#received += bytes;
    this.#ended = this.#received === this.length;
  }

  /** Takes `bytes[start, end)`; its data then lies at `bytes[start, result)`. Throws MalformedReply. */
  take(bytes: Buffer, start: number, end: number): number {
    let to = end;
    if (this.#decoder !== undefined) {
      to = this.#decoder.decode(bytes, start, end);
      this.#ended = this.#decoder.done;
      this.#spent = this.#ended && this.#decoder.consumed < end;
    } else if (this.length !== undefined) {
      to = Math.min(end, start + this.length - this.#received);
      this.#spent = to < end;
      this.#ended = this.#received + (to - start) === this.length;
    }
    this.#received += to - start;
    return to;
  }

  /** The connection ended in order: whether that is the body's end too. */
  closes(): boolean {
    if (this.length === undefined && this.#decoder === undefined) {
      this.#ended = true;
      this.#spent = true;
    }
    return this.#ended;
  }
}
