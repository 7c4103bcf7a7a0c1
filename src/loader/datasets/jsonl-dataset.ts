import { type JsonlReadOptions, type JsonValue, readJsonlLines } from "../../formats/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { ReadItemOptions, StreamDataset } from "../dataset.js";
import { withCompressed } from "./decompressed.js";
import { SHARD_START, type ShardOptions, ShardSet } from "./shard-set.js";

export interface JsonlDatasetOptions extends ShardOptions, Pick<JsonlReadOptions, "maxLineBytes"> {}

export const JSONL_ENDINGS: readonly string[] = withCompressed(".jsonl", ".ndjson");

/**
 * The values of JSON Lines files, plain or as `.gz` and `.zst`. An item's offset is where its line begins, its size the
 * line's bytes. Reading throws `corrupt-format` with shard and line (or offset) for what is no JSON.
 */
export async function jsonlDataset(
  store: ObjectStore,
  options: JsonlDatasetOptions,
): Promise<StreamDataset<JsonValue>> {
  const { maxLineBytes } = options;
  const set = await ShardSet.open(store, options, JSONL_ENDINGS);
  return {
    kind: "stream",
    takesReaderMode: true,
    shards: set.uris,
    async *open(shard, start = SHARD_START, call?: ReadItemOptions) {
      const uri = set.uriOf(shard);
      let { ordinal } = start;
      try {
        const lines = readJsonlLines(set.bytes(shard, start, call), {
          maxLineBytes,
          position: start.offset,
          signal: call?.signal,
        });
        for await (const { value, offset, byteLength } of lines) {
          yield { ordinal, offset, uri: `${uri}#${offset}`, byteLength, value };
          ordinal++;
        }
      } catch (error) {
        throw set.failed(error, shard);
      }
    },
  };
}
