// The bytes of one shard: written in blocks with their checksums, compressed where that helps, and read
// back whole, in ranges or as a stream, verified. Knows stores and ShardMeta, no manifest and no commit.
// Defines ShardSource.
export type * from "./shard-source.js";
