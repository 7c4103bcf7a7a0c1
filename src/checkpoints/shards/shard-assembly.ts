import { LodeError } from "../../errors.js";
import { compressFrame } from "../../formats/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { ShardMeta } from "../manifest/index.js";
import { CompressedSink } from "./compressed-sink.js";
import { FrameGatherer } from "./frame-gatherer.js";
import type { HeldBytes } from "./held-bytes.js";
import { formatChecksum, hex } from "./logical-checksum.js";
import { PartSender } from "./part-sender.js";
import { DEFAULT_BLOCK_SIZE, PartSizes } from "./part-sizes.js";
import { PlainSink } from "./plain-sink.js";
import type { ShardSink, StoredShard } from "./shard-sink.js";
import type { ShardTarget, ShardWriteOptions } from "./shard-source.js";

const DEFAULT_CONCURRENCY = 4;
/** A first block that does not become smaller than this share of itself is not worth compressing. */
const WORTH_COMPRESSING = 0.95;

/**
 * A shard while it is written: takes its bytes in pieces of the sizes that it asks for, decides by the
 * first block whether they are compressed, and tells in the end what a manifest has to.
 */
export class ShardAssembly {
  readonly sizes: PartSizes;
  /** Parts in flight. */
  readonly concurrency: number;
  readonly #store: ObjectStore;
  readonly #target: ShardTarget;
  readonly #options: ShardWriteOptions;
  readonly #blockSize: number;
  #key: string;
  #sender: PartSender | undefined;
  #sink: ShardSink | undefined;
  #stored = 0;
  #logicalSize = 0;

  /** `size`: of the shard, in bytes, where it is known. Throws `invalid-argument`. */
  constructor(store: ObjectStore, target: ShardTarget, options: ShardWriteOptions, size?: number) {
    const { concurrency = DEFAULT_CONCURRENCY, compressionLevel: level } = options;
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw invalid(`concurrency cannot be ${concurrency}; give a positive whole number`);
    }
    if (level !== undefined && !(Number.isInteger(level) && level >= 1 && level <= 22)) {
      throw invalid(`zstd has no level ${level}; give a whole number from 1 to 22`);
    }
    this.#blockSize = options.blockSize ?? DEFAULT_BLOCK_SIZE;
    this.sizes = new PartSizes(store.capabilities, this.#blockSize, size);
    this.concurrency = concurrency;
    this.#store = store;
    this.#target = target;
    this.#options = options;
    this.#key = target.key;
  }

  get uri(): string {
    return this.#store.uriOf(this.#key);
  }

  /** Fires with the caller's signal and after the first failure. */
  get signal(): AbortSignal | undefined {
    return this.#sender?.signal ?? this.#options.signal;
  }

  /** Throws what the shard has failed with, if it has. */
  throwIfFailed(): void {
    this.#sender?.throwIfFailed();
  }

  /** Takes what `sizes` tells of this part, and returns when it takes more. */
  async accept(blocks: HeldBytes): Promise<void> {
    this.#logicalSize += blocks.bytes.length;
    const sink = await this.#openSink(blocks);
    await sink.accept(blocks);
  }

  /** Takes the last bytes, none only of an empty shard, and publishes the object. */
  async finish(blocks: HeldBytes): Promise<ShardMeta> {
    this.#logicalSize += blocks.bytes.length;
    const sink = await this.#openSink(blocks);
    const stored = await sink.finish(blocks);
    await this.#check(stored);
    return {
      rank: this.#target.rank,
      key: this.#key,
      size: stored.size,
      etag: `"${stored.result.etag}"`,
      checksum: formatChecksum(stored.logicalCrc32c),
      blocks: {
        logicalSize: this.#logicalSize,
        storedCrc32c: stored.storedCrc32c,
        blockSize: this.#blockSize,
        blockCrc32c: stored.blockCrc32c,
      },
    };
  }

  /** Leaves nothing behind; safe to call at any time before `finish` has succeeded. */
  async abort(): Promise<void> {
    await this.#sender?.abort();
  }

  async #openSink(first: HeldBytes): Promise<ShardSink> {
    if (this.#sink !== undefined) return this.#sink;
    const { compressionLevel: level, signal } = this.#options;
    const { concurrency, sizes } = this;
    const blockSize = this.#blockSize;
    let firstFrame: Uint8Array | undefined;
    if (level !== undefined && first.bytes.length > 0) {
      const block = first.bytes.subarray(0, blockSize);
      firstFrame = await compressFrame(block, level);
      if (firstFrame.length > block.length * WORTH_COMPRESSING) firstFrame = undefined;
    }
    if (firstFrame !== undefined) this.#key = `${this.#target.key}.zst`;
    const sender = new PartSender(this.#store, this.#key, {
      concurrency,
      partSize: sizes.of(1),
      signal,
    });
    const onStored = (bytes: number): void => {
      this.#stored += bytes;
      this.#options.onProgress?.(this.#stored);
    };
    this.#sender = sender;
    if (firstFrame === undefined || level === undefined) {
      this.#sink = new PlainSink(sender, blockSize, onStored);
    } else {
      const gatherer = new FrameGatherer(sender, sizes, concurrency, onStored);
      const options = { level, blockSize, concurrency, firstFrame };
      this.#sink = new CompressedSink(sender, gatherer, options);
    }
    return this.#sink;
  }

  /** What the store tells of the object must be what was sent; else it is removed again. */
  async #check({ result, size, storedCrc32c }: StoredShard): Promise<void> {
    const { crc32c = storedCrc32c } = result;
    if (result.size === size && crc32c === storedCrc32c) return;
    await this.#store.delete(this.#key);
    throw new LodeError({
      code: "integrity",
      message: `put ${this.uri} failed: the store has ${result.size} bytes of CRC32C ${hex(crc32c)} where ${size} of ${hex(storedCrc32c)} were sent; they were damaged on the way: write it again`,
      operation: "put",
      uri: this.uri,
    });
  }
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
