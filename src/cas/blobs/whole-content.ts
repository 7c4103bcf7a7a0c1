import { createHash } from "node:crypto";
import { isLodeError, throwIfAborted } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { BlobFacts } from "../blob.js";
import type { BlobCache } from "../cache/index.js";
import type { BlobId } from "../keys.js";
import type { BlobContent, ContentOptions } from "./blob-content.js";
import { blobDamage } from "./blob-damage.js";

/** A blob of up to so many bytes is read as a whole, so that a range of it is checked too. */
const READ_WHOLE = 8 * 1024 * 1024;
/** It may have been damaged on its way. */
const ATTEMPTS = 2;

/** A blob in an object of its own. */
export class WholeContent implements BlobContent {
  readonly #store: ObjectStore;
  readonly #facts: BlobFacts;
  readonly #cache: BlobCache | undefined;

  constructor(store: ObjectStore, facts: BlobFacts, cache?: BlobCache | undefined) {
    this.#store = store;
    this.#facts = facts;
    this.#cache = cache;
  }

  get size(): number {
    return this.#facts.size;
  }

  /** Ranges of a blob above 8 MiB are as the store gives them: its SHA-256 is that of the whole. */
  async *pieces(
    start: number,
    end: number,
    { verify, signal }: ContentOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    if (end === start && !(verify && this.size === 0)) return;
    if (verify && this.size <= READ_WHOLE) {
      const bytes = (await this.#verified(signal)).subarray(start, end);
      if (bytes.length > 0) yield bytes;
      return;
    }
    const { key } = this.#facts;
    let at = start;
    for await (const piece of this.#cache?.pieces(key, this.size, { start, end }) ?? []) {
      throwIfAborted(signal, "get");
      at += piece.length;
      yield piece;
    }
    if (at === end) return;
    const { body } = await this.#store.get(key, { range: { start: at, end }, signal });
    yield* body;
  }

  async #verified(signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { id, key } = this.#facts;
    const whole = { start: 0, end: this.size };
    const cached = await this.#cache?.read(key, whole);
    if (cached !== undefined && isBlob(id, cached)) return cached;
    if (cached !== undefined) await this.#cache?.drop(key, whole);
    for (let attempt = 1; ; attempt++) {
      const bytes = await this.#bytes(signal);
      if (isBlob(id, bytes)) {
        await this.#cache?.add(key, 0, bytes);
        return bytes;
      }
      if (attempt === ATTEMPTS) {
        const reason = "the SHA-256 of its bytes is not its id";
        throw blobDamage(this.#store, { blob: id, key, offset: 0, reason });
      }
    }
  }

  async #bytes(signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { id, key } = this.#facts;
    try {
      return await this.#store.bytes(key, { signal });
    } catch (error) {
      if (!isLodeError(error, "integrity")) throw error;
      throw blobDamage(this.#store, {
        blob: id,
        key,
        offset: 0,
        reason: error.message,
        cause: error,
      });
    }
  }
}

function isBlob(id: BlobId, bytes: Uint8Array): boolean {
  return createHash("sha256").update(bytes).digest("hex") === id;
}
