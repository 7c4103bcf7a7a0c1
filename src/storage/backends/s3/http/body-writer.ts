import type { Socket } from "node:net";
import { LodeError } from "../../../../errors.js";
import type { HttpRequest, HttpRequestBody } from "./http-types.js";
import { bodyLength } from "./request-head.js";

/** Between two slices the writer notices an early reply; TLS encrypts a whole slice into memory. */
const PLAIN_SLICE_BYTES = 4_194_304;
const TLS_SLICE_BYTES = 131_072;
/** How long to wait for `100 Continue` of servers that do not know of it. */
const CONTINUE_WAIT_MS = 1_000;

/** Copying a body up to this size behind its head is cheaper than a second write. */
const COMBINED_BYTES = 32_768;

/** Sends a request; at once if it is small, else by the writer that is returned. */
export function writeRequest(
  socket: Socket,
  secure: boolean,
  request: HttpRequest,
  head: string,
): BodyWriter | undefined {
  const { body } = request;
  const length = bodyLength(body);
  if (body === undefined || length === 0) {
    socket.write(head, "latin1");
    return undefined;
  }
  const expect = request.expectContinue === true;
  if (body instanceof Uint8Array && length <= COMBINED_BYTES && !expect) {
    const all = Buffer.allocUnsafe(head.length + length);
    all.write(head, 0, "latin1");
    all.set(body, head.length);
    socket.write(all);
    return undefined;
  }
  return new BodyWriter(socket, secure, head, body, length, expect);
}

/**
 * Sends a request's head and body with back-pressure and without copying. One for each request
 * whose body does not fit in a single small write.
 */
export class BodyWriter {
  readonly #socket: Socket;
  readonly #sliceBytes: number;
  #wake: (() => void) | undefined;
  #stopped = false;
  #submitted = false;
  #awaitsSource = false;

  /** Resolves when all is handed over or the writer was stopped; rejects with what the source throws. */
  readonly finished: Promise<void>;

  constructor(
    socket: Socket,
    secure: boolean,
    head: string,
    body: HttpRequestBody,
    length: number,
    expect: boolean,
  ) {
    this.#socket = socket;
    this.#sliceBytes = secure ? TLS_SLICE_BYTES : PLAIN_SLICE_BYTES;
    this.finished = this.#send(head, body, length, expect);
  }

  /** True when the kernel has taken the last byte. */
  get done(): boolean {
    return this.#submitted && this.#socket.writableLength === 0;
  }

  /** True while the body's own source is what is waited for, not the network. */
  get awaitsSource(): boolean {
    return this.#awaitsSource;
  }

  async #send(head: string, body: HttpRequestBody, length: number, expect: boolean): Promise<void> {
    // Corked, the head leaves together with the body's first slice.
    const together = !expect && (body instanceof Uint8Array || Array.isArray(body));
    if (together) this.#socket.cork();
    this.#socket.write(head, "latin1");
    if (expect) await this.#continued();
    if (this.#stopped) return;
    if (body instanceof Uint8Array) await this.#piece(body);
    else if (Array.isArray(body)) for (const piece of body) await this.#piece(piece);
    else await this.#stream((body as { stream(): AsyncIterable<Uint8Array> }).stream(), length);
    this.#submitted = !this.#stopped;
  }

  /** The server said to continue. */
  proceed(): void {
    this.#wakeUp();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#wakeUp();
  }

  readonly #wakeUp = (): void => {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  };

  async #piece(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length && !this.#stopped; at += this.#sliceBytes) {
      const whole = at === 0 && piece.length <= this.#sliceBytes;
      this.#socket.write(whole ? piece : piece.subarray(at, at + this.#sliceBytes), this.#wakeUp);
      if (this.#socket.writableCorked > 0) this.#socket.uncork();
      await this.#flushed();
    }
  }

  async #stream(source: AsyncIterable<Uint8Array>, length: number): Promise<void> {
    let sent = 0;
    this.#awaitsSource = true;
    for await (const chunk of source) {
      this.#awaitsSource = false;
      if (this.#stopped) return;
      sent += chunk.length;
      if (sent > length) throw lengthError(length, "more");
      await this.#piece(chunk);
      if (this.#stopped) return;
      this.#awaitsSource = true;
    }
    this.#awaitsSource = false;
    if (sent !== length) throw lengthError(length, `${sent}`);
  }

  /** All of it, not only below the high-water mark: the source may reuse its chunk's memory. */
  async #flushed(): Promise<void> {
    // A loop: the callback of an earlier slice may come late. A failed write ends with stop().
    while (this.#socket.writableLength > 0 && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #continued(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, CONTINUE_WAIT_MS);
    });
    clearTimeout(timer);
  }
}

function lengthError(expected: number, got: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the body announced ${expected} bytes and gave ${got}; nothing was stored`,
  });
}
