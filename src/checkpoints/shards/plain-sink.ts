import { crc32c, crc32cCombine } from "../../core/index.js";
import { BlockTally } from "./block-tally.js";
import type { HeldBytes } from "./held-bytes.js";
import type { OutgoingPart, PartSender } from "./part-sender.js";
import type { OnStored, ShardSink, StoredShard } from "./shard-sink.js";

/** Sends blocks as they are, what it is given at a time as one part. */
export class PlainSink implements ShardSink {
  readonly #sender: PartSender;
  readonly #blockSize: number;
  readonly #onStored: OnStored;
  readonly #tally = new BlockTally();
  #blocks = 0;
  #size = 0;

  constructor(sender: PartSender, blockSize: number, onStored: OnStored) {
    this.#sender = sender;
    this.#blockSize = blockSize;
    this.#onStored = onStored;
  }

  accept(blocks: HeldBytes): Promise<void> {
    return this.#sender.send(this.#part(blocks));
  }

  async finish(blocks: HeldBytes): Promise<StoredShard> {
    const result = await this.#sender.finish(this.#part(blocks));
    const whole = this.#tally.whole();
    return {
      result,
      size: this.#size,
      logicalCrc32c: whole,
      storedCrc32c: whole,
      blockCrc32c: this.#tally.crcs,
    };
  }

  #part(blocks: HeldBytes): OutgoingPart {
    const { bytes } = blocks;
    const first = this.#blocks;
    this.#size += bytes.length;
    this.#blocks += Math.ceil(bytes.length / this.#blockSize);
    const part = {
      bytes,
      release: () => blocks.release(),
      discard: () => blocks.discard(),
    };
    // A part of one block has the block's checksum, which the store computes anyway.
    if (bytes.length <= this.#blockSize) {
      return {
        ...part,
        stored: (crc) => {
          if (bytes.length > 0) this.#tally.set(first, bytes.length, crc);
          this.#onStored(bytes.length);
        },
      };
    }
    return {
      ...part,
      crc32c: this.#count(bytes, first),
      stored: () => this.#onStored(bytes.length),
    };
  }

  /** Tells the tally of each block; the checksum of all. */
  #count(bytes: Uint8Array, first: number): number {
    let whole = 0;
    for (let at = 0, index = first; at < bytes.length; at += this.#blockSize, index++) {
      const block = bytes.subarray(at, at + this.#blockSize);
      const crc = crc32c(block);
      this.#tally.set(index, block.length, crc);
      whole = crc32cCombine(whole, crc, block.length);
    }
    return whole;
  }
}
