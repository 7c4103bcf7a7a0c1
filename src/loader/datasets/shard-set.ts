import { type LodeError, toLodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { ReadItemOptions, StreamStart } from "../dataset.js";
import { itemAt } from "./item-at.js";
import { checkReadOptions, type ObjectReadOptions, readCall } from "./read-object.js";
import { type ObjectSelection, selectKeys } from "./select-objects.js";
import { chunksLast, shardBytes } from "./shard-bytes.js";

/** Which shards a stream is made of, and how they are read. */
export interface ShardOptions extends ObjectReadOptions {
  /** Keys; `{000..099}` and `{a,b}` stand for many. The store is not asked for them. */
  readonly shards?: string | readonly string[] | undefined;
  /** All shards whose keys begin with this, by the endings of the format; in place of `shards`. */
  readonly prefix?: string | undefined;
  /** Objects that were listed before; in place of `shards`. */
  readonly list?: ObjectSelection["list"];
  readonly filter?: ((key: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where every shard begins. */
export const SHARD_START: StreamStart = { ordinal: 0, offset: 0 };

/** Shards of one store, by number. */
export class ShardSet {
  readonly uris: readonly string[];
  readonly #store: ObjectStore;
  readonly #keys: readonly string[];
  readonly #options: ObjectReadOptions;

  private constructor(store: ObjectStore, keys: readonly string[], options: ObjectReadOptions) {
    this.uris = keys.map((key) => store.uriOf(key));
    this.#store = store;
    this.#keys = keys;
    this.#options = options;
  }

  /** Throws `not-found` where there are none. */
  static async open(
    store: ObjectStore,
    { shards, ...options }: ShardOptions,
    endings: readonly string[],
  ): Promise<ShardSet> {
    checkReadOptions(options);
    const keys = await selectKeys(store, { ...options, keys: shards }, endings);
    return new ShardSet(store, keys, options);
  }

  uriOf(shard: number): string {
    return itemAt(this.uris, shard);
  }

  /** Whether values may be views of the chunks of `bytes`. */
  chunksLast(shard: number, options: ReadItemOptions = {}): boolean {
    return chunksLast(itemAt(this.#keys, shard), readCall(this.#options, options));
  }

  /** The content of a shard from a place in it on. */
  bytes(
    shard: number,
    start: StreamStart,
    options: ReadItemOptions = {},
  ): AsyncIterable<Uint8Array> {
    const key = itemAt(this.#keys, shard);
    return shardBytes(this.#store, key, start.offset, readCall(this.#options, options));
  }

  /** The error, with the shard in its message. */
  failed(error: unknown, shard: number): LodeError {
    return shardFailure(error, this.uriOf(shard));
  }
}

/** A failure of reading a shard or file, with its URI in the message. */
export function shardFailure(error: unknown, uri: string): LodeError {
  const known = toLodeError(error, "load", uri);
  return known.message.includes(uri) ? known : known.with({ message: `${uri}: ${known.message}` });
}
