import { setMaxListeners } from "node:events";
import { crc32c } from "../../core/index.js";
import { abortedError, LodeError, toLodeError } from "../../errors.js";
import type { MultipartUpload, ObjectStore, WriteMode, WriteResult } from "../../storage/index.js";
import type { HeldBytes } from "./held-bytes.js";

/** What the store is given at once: a part, or the whole object where that is all. */
export interface OutgoingPart extends HeldBytes {
  /** Absent where the store is to compute it, as stores do that check what they write. */
  readonly crc32c?: number | undefined;
  /** Called when the store has it. */
  stored(crc32c: number): void;
}

export interface PartSenderOptions {
  /** Parts in flight. */
  readonly concurrency: number;
  /** Of the first part; file stores place parts by it. */
  readonly partSize: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a new object in parts, some at a time; what is one part becomes one put. The object must
 * not exist (`already-exists`). Nothing is visible before `finish` succeeds; after the first failure
 * the calls under way are cancelled, and `abort` leaves nothing.
 */
export class PartSender {
  readonly #store: ObjectStore;
  readonly #key: string;
  readonly #options: PartSenderOptions;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #onAbort: () => void;
  #upload: MultipartUpload | undefined;
  #parts = 0;
  #failure: LodeError | undefined;

  constructor(store: ObjectStore, key: string, options: PartSenderOptions) {
    this.#store = store;
    this.#key = key;
    this.#options = options;
    setMaxListeners(0, this.#stop.signal);
    const { signal } = options;
    this.#onAbort = () => this.#stop.abort(signal?.reason);
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Fires with the caller's signal and after the first failure. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Begins to send a part as soon as there is room. Throws what an earlier one failed with. */
  async send(part: OutgoingPart): Promise<void> {
    let upload: MultipartUpload;
    try {
      while (this.#inFlight.size >= this.#options.concurrency) await Promise.race(this.#inFlight);
      this.throwIfFailed();
      upload = this.#upload ??= await this.#begin();
      // It may have been stopped meanwhile.
      this.throwIfFailed();
    } catch (error) {
      part.discard();
      throw this.#failed(error);
    }
    const sending: Promise<void> = this.#put(upload, ++this.#parts, part).finally(() =>
      this.#inFlight.delete(sending),
    );
    this.#inFlight.add(sending);
  }

  /** Sends the last part and publishes the object. */
  async finish(last: OutgoingPart): Promise<WriteResult> {
    try {
      if (this.#upload === undefined) return await this.#putWhole(last);
      await this.send(last);
      await Promise.all(this.#inFlight);
      this.throwIfFailed();
      return await this.#upload.complete({ signal: this.signal });
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#options.signal?.removeEventListener("abort", this.#onAbort);
    }
  }

  /** Gives the object up; safe to call at any time, but after `finish` has succeeded. */
  async abort(): Promise<void> {
    this.#failure ??= abortedError("put", this.#store.uriOf(this.#key), this.signal.reason);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#stop.abort();
    await Promise.all(this.#inFlight);
    // Without the signal, which has fired and must not stop the clean-up.
    await this.#upload?.abort();
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.signal.aborted) {
      throw abortedError("put", this.#store.uriOf(this.#key), this.signal.reason);
    }
  }

  async #begin(): Promise<MultipartUpload> {
    const mode = await this.#mode(this.#store.capabilities.multipartConditional);
    const { partSize } = this.#options;
    return this.#store.startMultipart(this.#key, { mode, partSize, signal: this.signal });
  }

  async #put(upload: MultipartUpload, number: number, part: OutgoingPart): Promise<void> {
    const { bytes, crc32c: known } = part;
    try {
      const options = { signal: this.signal, crc32c: known };
      const result = await upload.putPart(number, bytes, options);
      part.stored(known ?? result.crc32c ?? crc32c(bytes));
    } catch (error) {
      part.discard();
      this.#failed(error);
      return;
    }
    part.release();
  }

  async #putWhole(part: OutgoingPart): Promise<WriteResult> {
    const { bytes, crc32c: known } = part;
    let result: WriteResult;
    try {
      this.throwIfFailed();
      const mode = await this.#mode(this.#store.capabilities.putIfAbsent);
      const options = { mode, signal: this.signal, crc32c: known };
      result = await this.#store.put(this.#key, bytes, options);
      part.stored(known ?? result.crc32c ?? crc32c(bytes));
    } catch (error) {
      part.discard();
      throw error;
    }
    part.release();
    return result;
  }

  /** Where the store cannot refuse to replace an object, looking before is the best there is. */
  async #mode(canCreate: boolean): Promise<WriteMode> {
    if (canCreate) return "create";
    if (!(await this.#store.exists(this.#key, { signal: this.signal }))) return "overwrite";
    const uri = this.#store.uriOf(this.#key);
    throw new LodeError({
      code: "already-exists",
      message: `put ${uri} failed: the object exists`,
      operation: "put",
      uri,
    });
  }

  #failed(error: unknown): LodeError {
    this.#failure ??= toLodeError(error, "put", this.#store.uriOf(this.#key));
    this.#stop.abort(this.#failure);
    return this.#failure;
  }
}
