import type { ShardDamage } from "./shard-damage.js";

/** How one call of a reader reads. */
export interface ReadSettings {
  readonly verify: boolean;
  /** Requests in flight. */
  readonly concurrency: number;
  readonly signal: AbortSignal | undefined;
  /** Called with the logical bytes that have been read since the last call. */
  readonly onRead: (bytes: number) => void;
}

/** The bytes of a shard before compression, by whatever way they are stored. */
export interface ShardContent {
  /** Bytes that are best read together since they are checked together; undefined if no part can be. */
  readonly unit: number | undefined;
  size(settings: ReadSettings): Promise<number>;
  /** Fills the beginning of `target`, which is large enough, with all bytes. */
  readInto(target: Uint8Array, settings: ReadSettings): Promise<void>;
  /** All bytes in order; a chunk is valid until the next one is asked for. */
  stream(settings: ReadSettings): AsyncGenerator<Uint8Array, void, undefined>;
  /** A range within the content, at least one byte. */
  range(start: number, end: number, settings: ReadSettings): Promise<Uint8Array>;
  /** Reads everything that there is, and tells of all damage. `size` is the stored object's. */
  findDamage(size: number, settings: ReadSettings): Promise<ShardDamage[]>;
}
