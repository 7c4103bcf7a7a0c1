import { setImmediate as nextTurn } from "node:timers/promises";
import { crc32c, crc32cCombine } from "../../core/index.js";
import { compressFrame, seekTable, type ZstdFrameSize } from "../../formats/index.js";
import { BlockTally } from "./block-tally.js";
import type { FrameGatherer } from "./frame-gatherer.js";
import type { HeldBytes } from "./held-bytes.js";
import type { PartSender } from "./part-sender.js";
import type { ShardSink, StoredShard } from "./shard-sink.js";

/** Node compresses on four threads; more that wait only hold memory. */
const MOST_PENDING = 4;

interface PendingFrame {
  readonly frame: Promise<Uint8Array>;
  readonly decompressed: number;
}

export interface CompressedSinkOptions {
  readonly level: number;
  readonly blockSize: number;
  /** Blocks that are compressed, or wait to be stored, at a time. */
  readonly concurrency: number;
  /** The frame of the first block, which has been made to see whether it shrinks. */
  readonly firstFrame: Uint8Array;
}

/**
 * Makes a zstd frame of each block, and ends the object with the seek table of zstd's seekable
 * format. Blocks are compressed while earlier frames are sent.
 */
export class CompressedSink implements ShardSink {
  readonly #sender: PartSender;
  readonly #gatherer: FrameGatherer;
  readonly #options: CompressedSinkOptions;
  readonly #pending: PendingFrame[] = [];
  readonly #frames: ZstdFrameSize[] = [];
  readonly #tally = new BlockTally();
  #firstFrame: Uint8Array | undefined;
  #logicalCrc = 0;
  #size = 0;

  constructor(sender: PartSender, gatherer: FrameGatherer, options: CompressedSinkOptions) {
    this.#sender = sender;
    this.#gatherer = gatherer;
    this.#options = options;
    this.#firstFrame = options.firstFrame;
  }

  async accept(blocks: HeldBytes): Promise<void> {
    const { blockSize, concurrency } = this.#options;
    const pending = Math.min(concurrency, MOST_PENDING);
    const begun: Promise<unknown>[] = [];
    try {
      for (let at = 0; at < blocks.bytes.length; at += blockSize) {
        while (this.#pending.length >= pending) await this.#storeNext();
        // A compressor that holds this thread must not keep others from their turn.
        await nextTurn();
        this.#sender.throwIfFailed();
        const block = blocks.bytes.subarray(at, at + blockSize);
        this.#logicalCrc = crc32cCombine(this.#logicalCrc, crc32c(block), block.length);
        const frame = this.#compress(block);
        begun.push(frame);
        this.#pending.push({ frame, decompressed: block.length });
      }
    } finally {
      // Not awaited: the next block is compressed meanwhile.
      void Promise.allSettled(begun).then(() => blocks.release());
    }
  }

  async finish(blocks: HeldBytes): Promise<StoredShard> {
    await this.accept(blocks);
    while (this.#pending.length > 0) await this.#storeNext();
    const table = seekTable(this.#frames);
    await this.#gatherer.append(table, 0);
    const blockCrc = this.#tally.whole();
    const blockCrc32c = this.#tally.crcs;
    const result = await this.#sender.finish(this.#gatherer.last());
    return {
      result,
      size: this.#size + table.length,
      logicalCrc32c: this.#logicalCrc,
      storedCrc32c: crc32cCombine(blockCrc, crc32c(table), table.length),
      blockCrc32c,
    };
  }

  #compress(block: Uint8Array): Promise<Uint8Array> {
    const first = this.#firstFrame;
    this.#firstFrame = undefined;
    const frame =
      first === undefined ? compressFrame(block, this.#options.level) : Promise.resolve(first);
    // Its failure is told when its turn comes, and must have a listener until then.
    frame.catch(() => {});
    return frame;
  }

  async #storeNext(): Promise<void> {
    const { frame: compressing, decompressed } = this.#pending.shift() as PendingFrame;
    const frame = await compressing;
    this.#tally.set(this.#frames.length, frame.length, crc32c(frame));
    this.#frames.push({ compressed: frame.length, decompressed });
    this.#size += frame.length;
    await this.#gatherer.append(frame, decompressed);
  }
}
