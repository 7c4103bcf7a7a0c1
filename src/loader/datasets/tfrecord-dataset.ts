import { type TfRecordOptions, TfRecordParser } from "../../formats/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { ReadItemOptions, StreamDataset } from "../dataset.js";
import { withCompressed } from "./decompressed.js";
import { ownBytes } from "./own-bytes.js";
import { SHARD_START, type ShardOptions, ShardSet } from "./shard-set.js";

export interface TfRecordDatasetOptions extends ShardOptions, TfRecordOptions {}

export const TFRECORD_ENDINGS: readonly string[] = withCompressed(".tfrecord", ".tfrecords");

/**
 * The data of the records of TFRecord files, plain or as `.gz` and `.zst`; for
 * `tf.train.Example` decode it with `decodeExample`. An item's offset is where its record begins. Reading throws
 * `integrity` for wrong checksums, and `corrupt-format` for files that are cut off, with shard and offset.
 */
export async function tfrecordDataset(
  store: ObjectStore,
  options: TfRecordDatasetOptions,
): Promise<StreamDataset<Uint8Array>> {
  const { verify, legacyCrc, maxRecordBytes } = options;
  const set = await ShardSet.open(store, options, TFRECORD_ENDINGS);
  return {
    kind: "stream",
    takesReaderMode: true,
    shards: set.uris,
    async *open(shard, start = SHARD_START, call?: ReadItemOptions) {
      const uri = set.uriOf(shard);
      const copy = !set.chunksLast(shard, call);
      const parser = new TfRecordParser({ verify, legacyCrc, maxRecordBytes }, start.offset);
      let { ordinal } = start;
      try {
        for await (const chunk of set.bytes(shard, start, call)) {
          for (const data of parser.push(chunk)) {
            const { offset } = parser.entry;
            // A record that spans chunks has been put together in memory of its own.
            const value = copy && data.buffer === chunk.buffer ? ownBytes(data) : data;
            yield { ordinal, offset, uri: `${uri}#${offset}`, byteLength: value.length, value };
            ordinal++;
          }
        }
        parser.end();
      } catch (error) {
        throw set.failed(error, shard);
      }
    },
  };
}
