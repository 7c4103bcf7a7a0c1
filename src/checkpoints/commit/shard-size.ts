import type { ShardSource } from "../shards/index.js";

/** In bytes; undefined for a stream. */
export function shardSize(source: ShardSource): number | undefined {
  if (source instanceof Uint8Array) return source.length;
  if (!Array.isArray(source)) return undefined;
  return (source as readonly Uint8Array[]).reduce((sum, piece) => sum + piece.length, 0);
}
