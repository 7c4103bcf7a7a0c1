import { LodeError } from "../../errors.js";
import type { Capabilities } from "../../storage/index.js";

export const DEFAULT_BLOCK_SIZE = 8 * 1024 * 1024;
/** What one zstd frame may hold here. */
const MAX_BLOCK_SIZE = 512 * 1024 * 1024;
/** What compression may add: a frame's headers, and its entry in the seek table. */
const GROWTH = 1.001;

type PartLimits = Pick<Capabilities, "multipart" | "minPartBytes" | "maxPartBytes" | "maxParts">;

/**
 * How large the parts of a shard are: one block where the store takes that, else as many as it asks
 * for. Where the size of the shard is known, all parts but the last are of one size. Else the size
 * doubles each time a tenth of the store's largest count is used up; the first tenth is enough for
 * 80 GB on S3 and 800 GB on files, which have to be joined if parts of several sizes come.
 */
export class PartSizes {
  readonly #size: number;
  readonly #partsPerSize: number;
  readonly #most: number;

  /** Throws `invalid-argument` for a block size, or a shard, that no parts of the store can hold. */
  constructor(limits: PartLimits, blockSize: number, shardSize?: number) {
    const { minPartBytes, maxPartBytes, maxParts } = limits;
    const most = Math.min(MAX_BLOCK_SIZE, maxPartBytes);
    if (!Number.isSafeInteger(blockSize) || blockSize < 1 || blockSize > most) {
      throw invalid(`a block of ${blockSize} bytes cannot be written; give 1 to ${most}`);
    }
    const inBlocks = (bytes: number): number => Math.ceil(bytes / blockSize) * blockSize;
    let size = inBlocks(minPartBytes);
    if (shardSize !== undefined) {
      const stored = Math.ceil(shardSize * GROWTH);
      // Without an upload in parts it has to be one put.
      size = Math.max(size, inBlocks(limits.multipart ? stored / maxParts : stored));
    }
    this.#size = Math.max(size, blockSize);
    this.#most = Math.floor(maxPartBytes / blockSize) * blockSize;
    this.#partsPerSize =
      shardSize === undefined ? Math.max(1, Math.floor(maxParts / 10)) : Number.POSITIVE_INFINITY;
    if (limits.multipart && this.#size > this.#most) {
      throw invalid(
        `a shard of ${shardSize} bytes does not fit into the store's ${maxParts} parts of at most ${maxPartBytes} bytes`,
      );
    }
  }

  /** Bytes of part `number`, counted from 1, where it is not the last; whole blocks. */
  of(number: number): number {
    const doublings = Math.floor((number - 1) / this.#partsPerSize);
    return doublings === 0 ? this.#size : Math.min(this.#size * 2 ** doublings, this.#most);
  }
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
