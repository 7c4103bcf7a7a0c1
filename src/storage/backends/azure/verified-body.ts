import { createHash, type Hash } from "node:crypto";
import type { Readable } from "node:stream";
import { crc32c } from "../../../core/index.js";
import { LodeError } from "../../../errors.js";
import type { CallGuard } from "./call-guard.js";

/** What the whole body must match; absent for a part of an object. */
export interface BodyChecksum {
  readonly crc32c?: number | undefined;
  readonly md5?: Uint8Array | undefined;
}

/**
 * The bytes of an answer, counted and summed while they pass. Iteration throws `incomplete-read` if
 * they end early or go on too long, `integrity` if the checksum differs, `timeout` if none come.
 */
export class VerifiedBody implements AsyncIterableIterator<Uint8Array> {
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #length: number;
  readonly #guard: CallGuard;
  readonly #uri: string;
  readonly #checksum: BodyChecksum;
  readonly #md5: Hash | undefined;
  #received = 0;
  #crc = 0;
  #done = false;

  constructor(
    stream: Readable,
    length: number,
    guard: CallGuard,
    uri: string,
    checksum: BodyChecksum,
  ) {
    this.#stream = stream;
    this.#length = length;
    this.#guard = guard;
    this.#uri = uri;
    this.#checksum = checksum;
    if (checksum.crc32c === undefined && checksum.md5 !== undefined) this.#md5 = createHash("md5");
    // Iteration reports errors; without a listener one that comes before it would end the process.
    stream.on("error", () => {});
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#done) return { done: true, value: undefined };
    try {
      const result = await this.#read();
      if (result.done !== true) {
        this.#add(result.value);
        return { done: false, value: result.value };
      }
      this.#verify();
      this.#finish();
      return { done: true, value: undefined };
    } catch (error) {
      this.#finish();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#finish();
    return { done: true, value: undefined };
  }

  async #read(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await this.#guard.wait(() => this.#chunks.next());
    } catch (error) {
      const known = error as LodeError;
      if (known.code === "aborted" || known.code === "timeout") throw known;
      throw this.#incomplete(known);
    }
  }

  #add(chunk: Uint8Array): void {
    this.#received += chunk.length;
    if (this.#received > this.#length) throw this.#incomplete();
    if (this.#checksum.crc32c !== undefined) this.#crc = crc32c(chunk, this.#crc);
    this.#md5?.update(chunk);
  }

  #verify(): void {
    if (this.#received !== this.#length) throw this.#incomplete();
    const { crc32c: expected, md5 } = this.#checksum;
    const same =
      expected !== undefined
        ? this.#crc === expected
        : md5 === undefined || this.#md5?.digest().equals(md5) === true;
    if (same) return;
    throw new LodeError({
      code: "integrity",
      retry: "safe",
      message: `get ${this.#uri} failed: its bytes differ from the checksum stored with it`,
      operation: "get",
      uri: this.#uri,
    });
  }

  #incomplete(cause?: LodeError): LodeError {
    return new LodeError({
      code: "incomplete-read",
      retry: "safe",
      message: `get ${this.#uri} failed: ${this.#received} of ${this.#length} bytes came`,
      operation: "get",
      uri: this.#uri,
      details: { ...cause?.details, received: this.#received, expected: this.#length },
      cause,
    });
  }

  #finish(): void {
    this.#done = true;
    this.#guard.end();
    this.#stream.destroy();
  }
}
