import { isLodeError, type LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { ShardMeta } from "../manifest/index.js";
import { damageError } from "./shard-damage.js";

/**
 * The stored object of a shard, read in one version: that of the first reply. An object that is missing,
 * of another size than its manifest says, or replaced meanwhile is damage.
 */
export class PinnedObject {
  readonly #store: ObjectStore;
  readonly #shard: ShardMeta;
  #etag: string | undefined;
  /** False to read what there is of an object of another size. */
  checksSize = true;

  constructor(store: ObjectStore, shard: ShardMeta) {
    this.#store = store;
    this.#shard = shard;
  }

  /** Fills `target` from its start with the bytes from `start` up to and without `end`, at least one. */
  async readInto(
    start: number,
    end: number,
    target: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { key } = this.#shard;
    try {
      const options = { signal, ifMatch: this.#etag };
      const { meta, bytesRead } = await this.#store.readInto(key, { start, end }, target, options);
      this.#pin(meta.etag, start);
      this.#checkSize(meta.size);
      if (bytesRead < end - start) throw this.#wrongSize(meta.size);
    } catch (error) {
      throw await this.#asDamage(error, start, signal);
    }
  }

  /** The object's size in bytes, for what cannot be told by reading. */
  async size(signal: AbortSignal | undefined): Promise<number> {
    try {
      const meta = await this.#store.head(this.#shard.key, { signal });
      this.#pin(meta.etag, 0);
      this.#checkSize(meta.size);
      return meta.size;
    } catch (error) {
      throw await this.#asDamage(error, 0, signal);
    }
  }

  damage(offset: number, reason: string, cause?: unknown): LodeError {
    return damageError(this.#store, this.#shard, { offset, reason }, cause);
  }

  #pin(etag: string, offset: number): void {
    this.#etag ??= etag;
    if (this.#etag !== etag) throw this.#changed(offset);
  }

  #checkSize(size: number): void {
    if (this.checksSize && size !== this.#shard.size) throw this.#wrongSize(size);
  }

  #wrongSize(size: number): LodeError {
    return this.damage(
      Math.min(size, this.#shard.size),
      `the object has ${size} bytes where its manifest says ${this.#shard.size}`,
    );
  }

  #changed(offset: number, cause?: unknown): LodeError {
    return this.damage(offset, "the object was replaced while it was read", cause);
  }

  async #asDamage(
    error: unknown,
    offset: number,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (isLodeError(error, "not-found")) return this.damage(0, "the object is missing", error);
    if (isLodeError(error, "precondition-failed")) return this.#changed(offset, error);
    // A range behind the end of the object: of one shorter than it should be.
    if (isLodeError(error, "invalid-argument") && this.checksSize) {
      try {
        await this.size(signal);
      } catch (ofSize) {
        return ofSize;
      }
    }
    return error;
  }
}
