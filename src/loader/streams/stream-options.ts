import { crc32c } from "../../core/index.js";
import type { ReadItemOptions } from "../dataset.js";
import { invalid } from "../invalid.js";
import type { StreamIdentity } from "./stream-state.js";

export interface StreamSourceOptions {
  /** Shuffles the shards, and their items by a buffer. Off unless given. */
  readonly shuffle?: boolean | undefined;
  /** 0 unless given; a whole number. */
  readonly seed?: number | undefined;
  /** 0 unless given; another epoch has another order. */
  readonly epoch?: number | undefined;
  /** 0 unless given. */
  readonly shardRank?: number | undefined;
  /** How many ranks share the epoch; 1 unless given. */
  readonly shardWorldSize?: number | undefined;
  /** Items that the buffer holds; 1,000 unless given. 1 leaves the order within the shards. */
  readonly shuffleBuffer?: number | undefined;
  /** Bytes that the buffer holds; 256 MiB unless given. Its last item may go beyond. */
  readonly shuffleBufferBytes?: number | undefined;
  /** Shards read side by side, an item of each in turn; 4 with `shuffle`, else 1. */
  readonly openShards?: number | undefined;
  /** Bytes read ahead of the buffer, shared by the open shards; 32 MiB unless given. */
  readonly readAheadBytes?: number | undefined;
  /** How the data set reads. */
  readonly read?: Omit<ReadItemOptions, "signal"> | undefined;
  /** What `stateAt` gave of a source with the same options; the epoch goes on there. */
  readonly state?: unknown;
}

const MIB = 1024 * 1024;

/** The options as they decide about the sequence. Throws `invalid-argument` for values that cannot be. */
export function streamIdentity(
  shards: readonly string[],
  options: StreamSourceOptions,
): StreamIdentity {
  const { shuffle = false, shardWorldSize = 1 } = options;
  check("seed", options.seed, 0, Number.MAX_SAFE_INTEGER);
  check("epoch", options.epoch, 0, Number.MAX_SAFE_INTEGER);
  check("shardWorldSize", shardWorldSize, 1, 2 ** 31);
  check("shardRank", options.shardRank, 0, shardWorldSize - 1);
  check("shuffleBuffer", options.shuffleBuffer, 1, 2 ** 31);
  check("shuffleBufferBytes", options.shuffleBufferBytes, 1, Number.MAX_SAFE_INTEGER);
  check("openShards", options.openShards, 1, 2 ** 16);
  check("readAheadBytes", options.readAheadBytes, 1, Number.MAX_SAFE_INTEGER);
  const names = shards.map((uri) => uri.slice(uri.lastIndexOf("/") + 1)).join("\n");
  return {
    shuffle,
    seed: options.seed ?? 0,
    epoch: options.epoch ?? 0,
    shardRank: options.shardRank ?? 0,
    shardWorldSize,
    openShards: options.openShards ?? (shuffle ? 4 : 1),
    shuffleBuffer: shuffle ? (options.shuffleBuffer ?? 1_000) : 1,
    shuffleBufferBytes: options.shuffleBufferBytes ?? 256 * MIB,
    shards: shards.length,
    shardNames: crc32c(Buffer.from(names)),
  };
}

/** Bytes that each of the lanes reads ahead. */
export function readAheadOf(lanes: number, { readAheadBytes = 32 * MIB }: StreamSourceOptions) {
  return Math.max(1, Math.floor(readAheadBytes / Math.max(1, lanes)));
}

function check(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most))
    return;
  throw invalid(`${name} ${value} is no whole number from ${least} to ${most}`);
}
