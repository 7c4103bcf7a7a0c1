import { constants } from "node:buffer";
import { LodeError, throwIfAborted } from "../../errors.js";
import { bytesReader, CachedRanges, type RangeReader } from "../../formats/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { ShardMeta } from "../manifest/index.js";
import { BlockContent } from "./block-content.js";
import { foreignBlockMap, readBlockMap } from "./block-map.js";
import { ForeignContent } from "./foreign-content.js";
import { parseChecksum } from "./logical-checksum.js";
import { PinnedObject } from "./pinned-object.js";
import type { ReadSettings, ShardContent } from "./shard-content.js";
import { damageOf, type ShardDamage } from "./shard-damage.js";

export interface ShardReaderOptions {
  /** Check what is read against the checksums of the manifest. Default true. */
  readonly verify?: boolean | undefined;
  /** Requests in flight. Default 4. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the logical bytes that the call has read so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/**
 * Reads one shard, decompressed, verified, and in one version: the one that its first reply came from.
 * All methods throw `integrity` for a shard that is not what its manifest says, also if it is missing;
 * the message and `details` name rank, key and byte offset. Damage on the way is read again.
 */
export class ShardReader {
  readonly shard: ShardMeta;
  readonly #store: ObjectStore;
  readonly #options: ShardReaderOptions;
  readonly #concurrency: number;
  #content: Promise<ShardContent> | undefined;

  /** Throws `invalid-argument`. Reads nothing yet. */
  constructor(store: ObjectStore, shard: ShardMeta, options: ShardReaderOptions = {}) {
    const { concurrency = 4 } = options;
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw invalid(`concurrency cannot be ${concurrency}; give a positive whole number`);
    }
    this.shard = shard;
    this.#store = store;
    this.#options = options;
    this.#concurrency = concurrency;
  }

  /** Logical bytes. Of another program's compressed shard only known after decompressing it. */
  async size(): Promise<number> {
    if (this.shard.blocks !== undefined) return this.shard.blocks.logicalSize;
    return (await this.#open()).size(this.#settings());
  }

  /** All bytes in memory. */
  async bytes(): Promise<Uint8Array> {
    const content = await this.#open();
    const settings = this.#settings();
    if (content instanceof ForeignContent && this.#isCompressed) return content.collect(settings);
    const size = await content.size(settings);
    if (size > constants.MAX_LENGTH) {
      throw invalid(
        `shard ${this.shard.rank} of ${size} bytes does not fit into one array; read it as a stream or in ranges`,
      );
    }
    const bytes = new Uint8Array(size);
    await content.readInto(bytes, settings);
    return bytes;
  }

  /**
   * Fills the beginning of `target` and tells how many bytes that were; plain shards come without a copy
   * where the store can. After a failure the target may hold anything.
   */
  async readInto(target: Uint8Array): Promise<number> {
    const content = await this.#open();
    const size = await content.size(this.#settings());
    if (size > target.length) {
      throw invalid(`shard ${this.shard.rank} has ${size} bytes, and the target ${target.length}`);
    }
    await content.readInto(target, this.#settings());
    return size;
  }

  /**
   * All bytes in order, read ahead in bounded memory. A chunk is valid until the next one is asked for.
   * What came before a damage has been verified, but for another program's shard, whose one checksum is
   * compared at the end.
   */
  async *stream(): AsyncGenerator<Uint8Array, void, undefined> {
    const content = await this.#open();
    yield* content.stream(this.#settings());
  }

  /**
   * The bytes from `start` up to and without `end`: reads, and verifies, only the blocks that hold
   * them. A part of another program's shard cannot be verified. Throws `invalid-argument` for a range
   * outside the shard.
   */
  async range(start: number, end: number): Promise<Uint8Array> {
    const content = await this.#open();
    const size = await content.size(this.#settings());
    const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
    if (!whole || start < 0 || end < start || end > size) {
      throw invalid(
        `bytes ${start} to ${end} are outside shard ${this.shard.rank} of ${size} bytes`,
      );
    }
    if (start === end) return new Uint8Array(0);
    return content.range(start, end, this.#settings());
  }

  /**
   * For readers of formats. Small reads share the blocks that were read last; another program's
   * compressed shard is held in memory as a whole.
   */
  async rangeReader(): Promise<RangeReader> {
    const content = await this.#open();
    if (content instanceof ForeignContent && this.#isCompressed) {
      return bytesReader(await content.collect(this.#settings()));
    }
    const size = await content.size(this.#settings());
    const unit = (this.#options.verify ?? true) ? content.unit : undefined;
    return new CachedRanges(size, unit, (start, end) => this.range(start, end));
  }

  /** Reads everything, goes on after damage, and tells of each damaged place, by offset. */
  async verify(): Promise<ShardDamage[]> {
    const settings = { ...this.#settings(), verify: true };
    const object = new PinnedObject(this.#store, this.shard);
    object.checksSize = false;
    const damages: ShardDamage[] = [];
    try {
      const size = await object.size(settings.signal);
      const expected = this.shard.size;
      if (size !== expected) damages.push(sizeDamage(this.shard, size));
      // The seek table lies at the end: without it nobody knows where the frames are.
      if (size < expected && this.#isCompressed) return damages;
      const content = await openContent(object, this.shard, settings.signal);
      damages.push(...(await content.findDamage(size, settings)));
    } catch (error) {
      const damage = damageOf(error);
      if (damage === undefined) throw error;
      damages.push(damage);
    }
    return damages.sort((a, b) => a.offset - b.offset);
  }

  get #isCompressed(): boolean {
    return this.shard.key.endsWith(".zst");
  }

  #open(): Promise<ShardContent> {
    const { signal } = this.#options;
    throwIfAborted(signal, "get");
    if (this.#content !== undefined) return this.#content;
    const opening = openContent(new PinnedObject(this.#store, this.shard), this.shard, signal);
    this.#content = opening;
    // What could not be opened may be opened by the next call.
    opening.catch(() => {
      this.#content = undefined;
    });
    return opening;
  }

  /** For one call, whose progress begins at zero. */
  #settings(): ReadSettings {
    const { verify = true, signal, onProgress } = this.#options;
    let read = 0;
    return {
      verify,
      concurrency: this.#concurrency,
      signal,
      onRead(bytes) {
        read += bytes;
        onProgress?.(read);
      },
    };
  }
}

async function openContent(
  object: PinnedObject,
  shard: ShardMeta,
  signal: AbortSignal | undefined,
): Promise<ShardContent> {
  if (shard.blocks === undefined) {
    return new ForeignContent(object, shard, new BlockContent(object, foreignBlockMap(shard)));
  }
  const map = await readBlockMap(object, shard, shard.blocks, signal);
  return new BlockContent(object, map, parseChecksum(shard.checksum, shard.key));
}

function sizeDamage({ rank, key, size: expected }: ShardMeta, size: number): ShardDamage {
  const reason = `the object has ${size} bytes where its manifest says ${expected}`;
  return { rank, key, offset: Math.min(size, expected), reason };
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
