import { BufferPool, type PooledBuffer } from "../../storage/index.js";
import { borrow } from "./borrow.js";
import { pooledBytes } from "./held-bytes.js";
import type { OutgoingPart, PartSender } from "./part-sender.js";
import type { PartSizes } from "./part-sizes.js";
import type { OnStored } from "./shard-sink.js";

/** Joins frames of any sizes to parts of the sizes that the store asks for. */
export class FrameGatherer {
  readonly #sender: PartSender;
  readonly #sizes: PartSizes;
  readonly #onStored: OnStored;
  readonly #pool: BufferPool;
  #buffer: PooledBuffer | undefined;
  #filled = 0;
  #parts = 0;
  /** Of frames that end in the part that is being filled. */
  #logicalBytes = 0;

  constructor(sender: PartSender, sizes: PartSizes, concurrency: number, onStored: OnStored) {
    this.#sender = sender;
    this.#sizes = sizes;
    this.#onStored = onStored;
    this.#pool = new BufferPool((concurrency + 1) * sizes.of(1));
  }

  /** Takes a copy of the frame, and waits while too many parts are in flight. */
  async append(frame: Uint8Array, logicalBytes: number): Promise<void> {
    let rest = frame;
    while (rest.length > 0) {
      if (this.#filled === this.#buffer?.bytes.length) await this.#sender.send(this.#take());
      this.#buffer ??= await borrow(this.#pool, this.#sizes.of(++this.#parts), this.#sender);
      const piece = rest.subarray(0, this.#buffer.bytes.length - this.#filled);
      this.#buffer.bytes.set(piece, this.#filled);
      this.#filled += piece.length;
      rest = rest.subarray(piece.length);
    }
    this.#logicalBytes += logicalBytes;
  }

  /** The last part. Something must have been appended. */
  last(): OutgoingPart {
    return this.#take();
  }

  #take(): OutgoingPart {
    const part = pooledBytes(this.#buffer as PooledBuffer, this.#filled);
    const logicalBytes = this.#logicalBytes;
    this.#buffer = undefined;
    this.#filled = 0;
    this.#logicalBytes = 0;
    return { ...part, stored: () => this.#onStored(logicalBytes) };
  }
}
