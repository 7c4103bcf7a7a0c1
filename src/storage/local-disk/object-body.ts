import type { BigIntStats } from "node:fs";
import type { ResolvedRange } from "../../core/index.js";
import { LodeError, throwIfAborted } from "../../errors.js";
import type { ChunkReader } from "./data-io.js";
import { isSameContent } from "./object-version.js";
import { changedWhileRead } from "./store-errors.js";

/** What a body reads from and gives back when it ends. */
export interface BodySource {
  readonly key: string;
  readonly chunks: ChunkReader;
  /** When the reading began. */
  readonly stats: BigIntStats;
  /** As the open file is now. */
  look(): BigIntStats;
  close(): Promise<void>;
}

/**
 * The bytes of one `get`. A class and not a generator: a generator that was never started does not
 * run its `finally` on `return()`, and would leave the file open.
 */
export class ObjectBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #source: BodySource;
  readonly #fail: (error: unknown) => LodeError;
  readonly #signal: AbortSignal | undefined;
  #left: number;
  #total: number;
  #closed = false;

  constructor(
    source: BodySource,
    range: ResolvedRange,
    signal: AbortSignal | undefined,
    fail: (error: unknown) => LodeError,
  ) {
    this.#source = source;
    this.#total = range.end - range.start;
    this.#left = this.#total;
    this.#signal = signal;
    this.#fail = fail;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#closed) return { done: true, value: undefined };
    try {
      throwIfAborted(this.#signal);
      const chunk = this.#left === 0 ? undefined : await this.#source.chunks.next();
      if (chunk !== undefined) {
        this.#left -= chunk.byteLength;
        return { done: false, value: chunk };
      }
      this.#checkEnd();
    } catch (error) {
      await this.#close().catch(() => {}); // the first failure is the one to tell
      throw this.#fail(error);
    }
    await this.return();
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      await this.#close();
    } catch (error) {
      throw this.#fail(error);
    }
    return { done: true, value: undefined };
  }

  /** A replaced object is read to its end from the old file; only changes in place are seen here. */
  #checkEnd(): void {
    const changed = !isSameContent(this.#source.look(), this.#source.stats);
    if (changed) throw changedWhileRead(this.#source.key);
    if (this.#left > 0) {
      throw new LodeError({
        code: "incomplete-read",
        message: `${JSON.stringify(this.#source.key)} ended ${this.#left} bytes before the ${this.#total} asked for`,
        retry: "safe",
      });
    }
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#source.chunks.close();
    } finally {
      await this.#source.close();
    }
  }
}
