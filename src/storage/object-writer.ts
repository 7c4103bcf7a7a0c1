import { crc32c } from "../core/index.js";
import { LodeError, toLodeError } from "../errors.js";
import type {
  MultipartOptions,
  MultipartUpload,
  PutBody,
  PutOptions,
  WriteResult,
} from "./backend.js";
import type { Capabilities } from "./capabilities.js";

/** What the writer needs of a store. */
interface WriterTarget {
  readonly capabilities: Capabilities;
  uriOf(key: string): string;
  put(key: string, body: PutBody, options: PutOptions): Promise<WriteResult>;
  startMultipart(key: string, options: MultipartOptions): Promise<MultipartUpload>;
}

export interface ObjectWriterOptions extends MultipartOptions {
  /** Parts sent at the same time. Default 4. */
  readonly concurrency?: number | undefined;
}

const DEFAULT_PART_SIZE = 8 * 1024 * 1024;

/** Parts of one size before the size doubles, where the store takes a limited number of parts. */
const PARTS_PER_SIZE = 1000;

/**
 * Writes an object of unknown length in bounded memory (`concurrency + 1` parts). What fits into one
 * part becomes one put. Nothing is visible before `close`; `abort` leaves nothing behind.
 */
export class ObjectWriter {
  readonly #store: WriterTarget;
  readonly #key: string;
  readonly #options: ObjectWriterOptions;
  readonly #inFlight = new Set<Promise<void>>();
  #buffer: Uint8Array;
  #filled = 0;
  #parts = 0;
  #upload: MultipartUpload | undefined;
  #failure: LodeError | undefined;
  #ended = false;

  /** Bytes written so far. */
  bytesWritten = 0;

  constructor(store: WriterTarget, key: string, options: ObjectWriterOptions) {
    this.#store = store;
    this.#key = key;
    this.#options = options;
    this.#buffer = new Uint8Array(this.#partSize());
  }

  /** Takes a copy of the chunk; waits while too many parts are in flight. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#ended) throw this.#misuse("write after its end");
    this.bytesWritten += chunk.length;
    let rest = chunk;
    while (rest.length > 0) {
      const take = Math.min(rest.length, this.#buffer.length - this.#filled);
      this.#buffer.set(rest.subarray(0, take), this.#filled);
      this.#filled += take;
      rest = rest.subarray(take);
      if (this.#filled === this.#buffer.length && rest.length > 0) await this.#sendPart();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Publishes the object. After a failure here or before, nothing is published or left. */
  async close(): Promise<WriteResult> {
    if (this.#ended) throw this.#misuse("close a second time");
    try {
      if (this.#upload === undefined) {
        this.#ended = true;
        const body = this.#buffer.subarray(0, this.#filled);
        const { concurrency: _c, partSize: _p, ...options } = this.#options;
        return await this.#store.put(this.#key, body, options);
      }
      if (this.#filled > 0) await this.#sendPart();
      await Promise.all(this.#inFlight);
      if (this.#failure !== undefined) throw this.#failure;
      this.#ended = true;
      return await this.#upload.complete({ signal: this.#options.signal });
    } catch (error) {
      await this.abort();
      throw toLodeError(error, "put", this.#store.uriOf(this.#key));
    }
  }

  /** Gives the object up; safe to call at any time. */
  async abort(): Promise<void> {
    this.#ended = true;
    await Promise.allSettled(this.#inFlight);
    // The caller's signal may have fired, which must not stop the clean-up.
    await this.#upload?.abort();
  }

  async #sendPart(): Promise<void> {
    this.#upload ??= await this.#store.startMultipart(this.#key, this.#multipartOptions());
    const upload = this.#upload;
    const bytes = this.#buffer.subarray(0, this.#filled);
    const number = ++this.#parts;
    const sending = upload
      .putPart(number, bytes, { signal: this.#options.signal, crc32c: crc32c(bytes) })
      .then(
        () => undefined,
        (error: unknown) => {
          this.#failure ??= toLodeError(error, "put", this.#store.uriOf(this.#key));
        },
      )
      .finally(() => this.#inFlight.delete(sending));
    this.#inFlight.add(sending);
    this.#buffer = new Uint8Array(this.#partSize());
    this.#filled = 0;
    if (this.#inFlight.size >= (this.#options.concurrency ?? 4)) await Promise.race(this.#inFlight);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Grows where parts are counted, so that an object of the provider's full size can be written. */
  #partSize(): number {
    const { minPartBytes, maxParts, maxPartBytes } = this.#store.capabilities;
    const size = Math.max(this.#options.partSize ?? DEFAULT_PART_SIZE, minPartBytes);
    if (!this.#grows(maxParts)) return size;
    return Math.min(size * 2 ** Math.floor(this.#parts / PARTS_PER_SIZE), maxPartBytes);
  }

  #grows(maxParts: number): boolean {
    return maxParts <= 100_000;
  }

  #multipartOptions(): MultipartOptions {
    const { concurrency: _c, partSize: _p, ...options } = this.#options;
    // A store that places parts by their size must not be told one that will grow.
    return this.#grows(this.#store.capabilities.maxParts)
      ? options
      : { ...options, partSize: this.#partSize() };
  }

  #misuse(what: string): LodeError {
    return new LodeError({
      code: "invalid-argument",
      message: `cannot ${what} to ${this.#store.uriOf(this.#key)}: the writer has ended`,
    });
  }
}
