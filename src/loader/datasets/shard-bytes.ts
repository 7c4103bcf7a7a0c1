import type { ObjectStore } from "../../storage/index.js";
import { type Compression, compressionOf, decompressed } from "./decompressed.js";
import type { ReadCall } from "./read-object.js";
import { shardParts } from "./shard-parts.js";

/**
 * The content of a shard from `start` on, unpacked if its key ends in `.gz`, `.tgz` or `.zst`: then `start` counts
 * unpacked bytes, and all before it is read and passed over. A chunk is valid until the next one is asked for,
 * unless {@link chunksLast}.
 */
export function shardBytes(
  store: ObjectStore,
  key: string,
  start: number,
  options: ReadCall,
): AsyncIterable<Uint8Array> {
  const compression = compressionOf(key);
  if (compression === undefined) return stored(store, key, start, options);
  return unpackedFrom(stored(store, key, 0, options), compression, start);
}

/** Whether chunks stay as they are: then values can be views of them. */
export function chunksLast(key: string, { readerMode, shareMemory = false }: ReadCall): boolean {
  return shareMemory && readerMode !== "sequential" && compressionOf(key) === undefined;
}

function stored(
  store: ObjectStore,
  key: string,
  start: number,
  options: ReadCall,
): AsyncIterable<Uint8Array> {
  return options.readerMode === "sequential"
    ? oneRequest(store, key, start, options)
    : shardParts(store, key, start, options);
}

async function* oneRequest(
  store: ObjectStore,
  key: string,
  start: number,
  { signal }: ReadCall,
): AsyncGenerator<Uint8Array, void, undefined> {
  const range = start === 0 ? undefined : { start };
  yield* (await store.get(key, { range, signal })).body;
}

async function* unpackedFrom(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  start: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let passed = 0;
  for await (const chunk of decompressed(source, compression)) {
    const skip = Math.min(start - passed, chunk.length);
    passed += skip;
    if (skip < chunk.length) yield skip === 0 ? chunk : chunk.subarray(skip);
  }
}
