import { createHash } from "node:crypto";
import type { ObjectStore } from "../../storage/index.js";
import { type BlobId, recipeKey } from "../keys.js";
import type { BlobContent, ContentOptions } from "./blob-content.js";
import { blobDamage } from "./blob-damage.js";

/** A blob whose bytes stand in its recipe. */
export class InlineContent implements BlobContent {
  readonly #store: ObjectStore;
  readonly #blob: BlobId;
  readonly #bytes: Uint8Array;

  constructor(store: ObjectStore, blob: BlobId, bytes: Uint8Array) {
    this.#store = store;
    this.#blob = blob;
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  async *pieces(
    start: number,
    end: number,
    { verify }: ContentOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const blob = this.#blob;
    if (verify && createHash("sha256").update(this.#bytes).digest("hex") !== blob) {
      const reason = "the SHA-256 of its bytes is not its id";
      throw blobDamage(this.#store, { blob, key: recipeKey(blob), offset: 0, reason });
    }
    if (end > start) yield this.#bytes.slice(start, end);
  }
}
