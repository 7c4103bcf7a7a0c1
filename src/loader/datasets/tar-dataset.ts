import { readPlacedSamples, type Sample, type TarReadOptions } from "../../formats/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { ReadItemOptions, StreamDataset, StreamItem } from "../dataset.js";
import { withCompressed } from "./decompressed.js";
import { SHARD_START, type ShardOptions, ShardSet } from "./shard-set.js";

export interface TarDatasetOptions extends ShardOptions, TarReadOptions {
  /** The most that one sample may hold, in bytes; 1 GiB unless given. `corrupt-format` beyond. */
  readonly maxSampleBytes?: number;
}

export const TAR_ENDINGS: readonly string[] = [...withCompressed(".tar"), ".tgz"];

/**
 * The samples of WebDataset shards (`.tar`, `.tar.gz`, `.tgz`, `.tar.zst`): members that follow each other and
 * share a key. An item's offset is where the header of its first member begins.
 * Reading throws `corrupt-format` with shard and offset for damage and for shards that are cut off.
 */
export async function tarDataset(
  store: ObjectStore,
  options: TarDatasetOptions,
): Promise<StreamDataset<Sample>> {
  const { special = "skip", end = "required", maxSampleBytes } = options;
  const set = await ShardSet.open(store, options, TAR_ENDINGS);
  const limit = maxSampleBytes === undefined ? {} : { maxSampleBytes };
  const reading = { special, end, ...limit };
  return {
    kind: "stream",
    takesReaderMode: true,
    shards: set.uris,
    async *open(shard, start = SHARD_START, call?: ReadItemOptions) {
      const uri = set.uriOf(shard);
      let { ordinal } = start;
      try {
        const source = set.bytes(shard, start, call);
        const copy = !set.chunksLast(shard, call);
        const samples = readPlacedSamples(source, { ...reading, copy, position: start.offset });
        for await (const { key, fields, offset, byteLength } of samples) {
          const value = { key, fields };
          const item: StreamItem<Sample> = {
            ordinal,
            offset,
            uri: `${uri}#${offset}`,
            byteLength,
            value,
          };
          ordinal++;
          yield item;
        }
      } catch (error) {
        throw set.failed(error, shard);
      }
    },
  };
}
