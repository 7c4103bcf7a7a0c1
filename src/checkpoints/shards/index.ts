// The bytes of one shard: written in blocks with their checksums, compressed where that helps, and read
// back whole, in ranges or as a stream, verified. Knows stores and ShardMeta, no manifest and no commit.
// Defines ShardSource and ShardDamage.
export type { ShardDamage } from "./shard-damage.js";
export { ShardReader, type ShardReaderOptions } from "./shard-reader.js";
export type * from "./shard-source.js";
export { ShardWriter } from "./shard-writer.js";
export { writeShard } from "./write-shard.js";
