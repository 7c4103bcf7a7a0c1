import type { WriteResult } from "../../storage/index.js";
import type { HeldBytes } from "./held-bytes.js";

/** What has been stored of a shard. */
export interface StoredShard {
  readonly result: WriteResult;
  /** In bytes. */
  readonly size: number;
  readonly logicalCrc32c: number;
  readonly storedCrc32c: number;
  /** Of each block as it is stored. */
  readonly blockCrc32c: Uint32Array;
}

/** How the blocks of a shard become an object: as they are, or compressed. */
export interface ShardSink {
  /** Takes whole blocks, and returns when it takes more. */
  accept(blocks: HeldBytes): Promise<void>;
  /** Takes the last blocks, of which the last one may be short or absent, and publishes. */
  finish(blocks: HeldBytes): Promise<StoredShard>;
}

/** Called with the logical bytes that have been stored since the last call. */
export type OnStored = (logicalBytes: number) => void;
