import { createHash } from "node:crypto";
import { isLodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { BlobFacts } from "../blob.js";
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

  constructor(store: ObjectStore, facts: BlobFacts) {
    this.#store = store;
    this.#facts = facts;
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
    const range = { start, end };
    const { body } = await this.#store.get(key, { range, signal });
    yield* body;
  }

  async #verified(signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { id, key } = this.#facts;
    for (let attempt = 1; ; attempt++) {
      const bytes = await this.#bytes(signal);
      if (createHash("sha256").update(bytes).digest("hex") === id) return bytes;
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
