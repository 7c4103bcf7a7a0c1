import { LodeError } from "../../../../errors.js";
import { BodyFramer } from "./body-framer.js";
import type { HttpBody } from "./http-types.js";
import type { BodyFraming } from "./response-head.js";
import { truncatedError } from "./transport-errors.js";

/** Bodies up to this size are received at once, so that their connection is free early. */
const BUFFERED_BYTES = 65_536;
/** A rest longer than this costs more to read than a new connection. */
const DISCARD_BYTES = 65_536;

/** What a body needs of its connection. */
export interface BodyOwner {
  readonly origin: string;
  /** Goes on receiving after `receive` returned false. */
  resume(): void;
  /** Makes the next piece go to other memory than the last one. */
  swapBuffer(): void;
  /** The body has been received, and no chunk of it lies in the receive buffer any more. */
  bodyDone(reusable: boolean): void;
  /** Gives the connection up. */
  bodyAbandoned(error: LodeError): void;
}

interface Waiter {
  resolve(): void;
  reject(error: LodeError): void;
}

/**
 * The body of one reply. It is `direct` while pieces go to one target (the caller's memory, or its
 * own for small bodies), else it is pulled piece by piece out of the receive buffer.
 */
export class ResponseBody implements HttpBody {
  readonly length: number | undefined;
  readonly #framer: BodyFramer;
  readonly #owner: BodyOwner;
  readonly #into: Uint8Array | undefined;
  /** The next piece's place in `#target`, as handed to the socket. */
  #region: Uint8Array | undefined;
  #target: Uint8Array | undefined;
  /** All has been received and handed over, and the connection let go. */
  #finished = false;
  #error: LodeError | undefined;
  #claimed = false;
  #discarding = false;
  /** The one chunk of a direct body has been handed to its reader. */
  #delivered = false;
  readonly #queue: Uint8Array[] = [];
  /** A chunk in the receive buffer is queued or being looked at. */
  #bufferHeld = false;
  #waiter: Waiter | undefined;

  constructor(owner: BodyOwner, framing: BodyFraming, into: Uint8Array | undefined) {
    this.#owner = owner;
    this.#into = into;
    this.#framer = new BodyFramer(framing);
    this.length = this.#framer.length;
    if (this.length === undefined) return;
    if (into !== undefined && this.length <= into.length) this.#target = into;
    else if (this.length <= BUFFERED_BYTES) this.#target = Buffer.allocUnsafe(this.length);
  }

  // ---- what the connection calls

  /** Where the next piece goes, if not to the receive buffer. */
  region(): Uint8Array | undefined {
    const target = this.#target;
    const { received, ended } = this.#framer;
    if (target === undefined || ended) return undefined;
    this.#region = new Uint8Array(
      target.buffer,
      target.byteOffset + received,
      this.length! - received,
    );
    return this.#region;
  }

  /** Takes `bytes[start, end)`; false if nothing more shall come for now. Throws MalformedReply. */
  receive(bytes: Buffer, start: number, end: number): boolean {
    if (bytes === this.#region) {
      this.#framer.count(end - start);
      return this.#directProgress();
    }
    const before = this.#framer.received;
    const to = this.#framer.take(bytes, start, end);
    if (this.#target !== undefined) {
      this.#target.set(bytes.subarray(start, to), before);
      return this.#directProgress();
    }
    if (this.#discarding) {
      this.#discardProgress();
      return true;
    }
    if (to === start) {
      if (this.#framer.ended) this.#wake();
      return !this.#framer.ended;
    }
    return this.#offer(bytes, start, to);
  }

  /** The server closed the connection in order. */
  inputEnded(): void {
    if (this.#framer.ended) return;
    if (!this.#framer.closes()) {
      const { received } = this.#framer;
      this.#owner.bodyAbandoned(truncatedError(this.#owner.origin, received, this.length));
      return;
    }
    if (this.#discarding) this.#finish();
    this.#wake();
  }

  /** The connection failed; it has been given up already. */
  fail(error: LodeError): void {
    if (this.#finished || this.#error !== undefined) return;
    // All is here, only not all of it handed over: over TLS the end is seen before that.
    if (this.#framer.ended && error.code === "connection") return;
    this.#error = error;
    this.#queue.length = 0;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.reject(error);
  }

  // ---- what the caller calls

  get received(): number {
    return this.#framer.received;
  }

  stream(): AsyncIterable<Uint8Array> {
    this.#claim();
    const iterator: AsyncIterator<Uint8Array> = {
      next: () => this.#next(),
      return: async () => {
        this.#abandon("the reader ended early");
        return { done: true, value: undefined };
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  async collect(maxBytes: number): Promise<Uint8Array> {
    this.#claim();
    if (this.length !== undefined) {
      this.#checkSize(this.length, maxBytes);
      await this.#toTarget(() => Buffer.allocUnsafeSlow(this.length!));
      return this.#target!.subarray(0, this.length);
    }
    const pieces: Uint8Array[] = [];
    for (let piece = await this.#next(); !piece.done; piece = await this.#next()) {
      this.#checkSize(this.#framer.received, maxBytes);
      pieces.push(Uint8Array.prototype.slice.call(piece.value));
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  async readInto(): Promise<number> {
    const into = this.#into;
    if (into === undefined) throw misuse("readInto() needs `into` in the request");
    if (this.#target === into) {
      this.#claim();
      await this.#toTarget(() => into);
      return this.length!;
    }
    const bytes = await this.collect(into.length);
    into.set(bytes);
    return bytes.length;
  }

  async discard(): Promise<void> {
    this.#claimed = true;
    if (this.#finished || this.#error !== undefined) return;
    this.#queue.length = 0;
    this.#bufferHeld = false;
    if (this.length !== undefined && this.length - this.#framer.received > DISCARD_BYTES) {
      this.#abandon("its body was not wanted");
      return;
    }
    if (this.#target !== undefined) {
      // The caller's memory must be left alone once this returns; the body's own may fill later.
      if (this.#target === this.#into) await this.#settled();
      return;
    }
    this.#discarding = true;
    if (!this.#discardProgress()) return;
    this.#owner.resume();
    await this.#settled();
  }

  // ---- receiving

  #directProgress(): boolean {
    if (!this.#framer.ended) return true;
    this.#region = undefined;
    this.#finish();
    this.#wake();
    return true;
  }

  /** True if the rest is still to be read. */
  #discardProgress(): boolean {
    if (this.#framer.ended) this.#finish();
    else if (this.#framer.received > DISCARD_BYTES && this.length === undefined) {
      this.#abandon("its body was not wanted");
    } else return true;
    this.#wake();
    return false;
  }

  #offer(bytes: Buffer, start: number, end: number): boolean {
    const chunk = bytes.subarray(start, end);
    if (this.#bufferHeld || this.#queue.length > 0) {
      // TLS hands over what it has decrypted even when paused: at most some records.
      this.#queue.push(Uint8Array.prototype.slice.call(chunk));
      return false;
    }
    this.#bufferHeld = true;
    this.#owner.swapBuffer();
    this.#queue.push(chunk);
    this.#wake();
    return false;
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve();
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#owner.bodyDone(!this.#framer.spent);
  }

  // ---- handing over

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#target !== undefined) {
      if (this.#delivered || this.length === 0) return { done: true, value: undefined };
      await this.#wholeTarget();
      this.#delivered = true;
      return { done: false, value: this.#target.subarray(0, this.length) };
    }
    if (this.#queue.length === 0) this.#bufferHeld = false;
    while (this.#queue.length === 0) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#framer.ended) {
        this.#finish();
        return { done: true, value: undefined };
      }
      await this.#more();
    }
    return { done: false, value: this.#queue.shift()! };
  }

  #more(): Promise<void> {
    if (this.#waiter !== undefined) {
      return Promise.reject(misuse("the next chunk of a body is asked for already"));
    }
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#owner.resume();
    });
  }

  /** Receives the whole body of known length into one memory. */
  async #toTarget(make: () => Uint8Array): Promise<void> {
    if (this.#target === undefined) {
      if (this.#error !== undefined) throw this.#error;
      const target = make();
      let at = 0;
      for (const chunk of this.#queue) {
        target.set(chunk, at);
        at += chunk.length;
      }
      this.#queue.length = 0;
      this.#bufferHeld = false;
      this.#target = target;
      if (this.#framer.ended) this.#finish();
      else this.#owner.resume();
    }
    await this.#wholeTarget();
  }

  #wholeTarget(): Promise<void> | undefined {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#finished) return undefined;
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /** Either way: why a rest that nobody wants could not be read does not matter. */
  #settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiter = { resolve, reject: () => resolve() };
    });
  }

  #checkSize(size: number, limit: number): void {
    if (size <= limit) return;
    const error = new LodeError({
      code: "unexpected",
      message: `${this.#owner.origin} sent a body of ${size} bytes or more where at most ${limit} were asked for`,
      details: { size, limit },
    });
    if (!this.#finished) this.#owner.bodyAbandoned(error);
    throw error;
  }

  #abandon(why: string): void {
    if (this.#finished || this.#error !== undefined) return;
    if (this.#framer.ended) {
      this.#finish();
      return;
    }
    this.#owner.bodyAbandoned(
      new LodeError({ code: "aborted", message: `${this.#owner.origin}: ${why}` }),
    );
  }

  #claim(): void {
    if (this.#claimed) throw misuse("the body of a reply can be read only once");
    this.#claimed = true;
  }
}

function misuse(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
