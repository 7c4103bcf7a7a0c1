import type { Writable } from "node:stream";
import { LodeError } from "../../errors.js";
import { safeForTerminal } from "./notices.js";

/** Lines gathered before they are written at once. */
const FLUSH_CHARACTERS = 64 * 1024;

/** Longest time that a line waits for company, in milliseconds. */
const FLUSH_DELAY = 20;

/**
 * Standard output: data only. Lines go out in large writes, but soon; `ready` holds the caller back
 * while the reader is slow. When the reader leaves (a pipe into `head`), `closed` fires and what
 * follows is dropped.
 */
export class Output {
  readonly #stream: Writable;
  readonly #closed = new AbortController();
  #lines: string[] = [];
  #characters = 0;
  #timer: NodeJS.Timeout | undefined;
  #failure: LodeError | undefined;
  readonly #isTerminal: boolean;

  constructor(stream: Writable) {
    this.#stream = stream;
    this.#isTerminal = (stream as { isTTY?: boolean }).isTTY === true;
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") {
        this.#failure = new LodeError({
          code: "unexpected",
          message: `standard output cannot be written: ${error.code ?? error.message}`,
          cause: error,
        });
      }
      this.#closed.abort();
    });
  }

  /** Fires when nobody reads any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  line(text: string): void {
    const shown = this.#isTerminal ? safeForTerminal(text) : text;
    this.#lines.push(shown, "\n");
    this.#characters += text.length + 1;
    if (this.#characters >= FLUSH_CHARACTERS) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), FLUSH_DELAY);
  }

  /** Writes now what waits for company, so that what follows on standard error comes after it. */
  flush(): void {
    this.#write();
  }

  /** Resolves when more may be written. Throws if the output failed; not if its reader left. */
  async ready(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    // Asked of the stream: a write by the timer may have drained before anybody waits for it.
    if (!this.#stream.writableNeedDrain || this.#closed.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#stream.off("drain", done);
        this.#closed.signal.removeEventListener("abort", done);
        resolve();
      };
      this.#stream.once("drain", done);
      this.#closed.signal.addEventListener("abort", done, { once: true });
    });
  }

  /** Writes bytes as they are; when it resolves the caller may reuse them. */
  async bytes(chunk: Uint8Array): Promise<void> {
    this.#write();
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed.signal.aborted) return;
    // The callback gets the error too, which the stream's own event handles.
    await new Promise<void>((resolve) => this.#stream.write(chunk, () => resolve()));
  }

  /** Everything written has been taken by the system. */
  async end(): Promise<void> {
    await this.bytes(new Uint8Array(0));
    if (this.#failure !== undefined) throw this.#failure;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length === 0) return;
    const text = this.#lines.join("");
    this.#lines = [];
    this.#characters = 0;
    if (this.#closed.signal.aborted) return;
    this.#stream.write(text);
  }
}
