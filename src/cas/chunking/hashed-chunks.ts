import { setImmediate as nextTurn } from "node:timers/promises";
import { abortable } from "../../core/index.js";
import { throwIfAborted } from "../../errors.js";
import { BlobHasher } from "./blob-hasher.js";
import { type Block, BlockCutter } from "./block-cutter.js";

export interface HashedChunk {
  /**
   * Up to 128 KiB of the chunker's memory, which is shared (a SharedArrayBuffer). They stay until two more chunks have been
   * asked for or the chunks have come to their end: copy what you keep for longer.
   */
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, 64 hex digits. */
  readonly hash: string;
}

export interface PartChunk extends HashedChunk {
  /** Of which part it is, counted from 0. */
  readonly part: number;
}

/** What the chunks make together. */
export interface HashedBlob {
  /** In bytes. */
  readonly size: number;
  /** Of all bytes, 64 hex digits. */
  readonly sha256: string;
}

export interface ChunkOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Bytes in pieces of any size, whose memory is not used after the next one is asked for. */
export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
export type Parts = AsyncIterable<Uint8Array | Pieces> | Iterable<Uint8Array | Pieces>;

/**
 * The chunks of bytes in sequence; where they are cut does not depend on the pieces. Takes about 2 MiB, reads not more than
 * 1 MiB ahead, and ends the source however it ends itself. Throws what the source throws, and `aborted`.
 */
export function hashedChunks(
  source: Pieces,
  options: ChunkOptions = {},
): AsyncGenerator<HashedChunk, HashedBlob, undefined> {
  return hashedParts([source], options);
}

/** The same of parts in sequence, of which each begins a chunk; an empty part has none. */
export async function* hashedParts(
  parts: Parts,
  { signal }: ChunkOptions = {},
): AsyncGenerator<PartChunk, HashedBlob, undefined> {
  const cutter = BlockCutter.take();
  const hasher = new BlobHasher(cutter.memory);
  let block: Block | undefined;
  let hashes: string[] | Promise<string[]> = [];
  try {
    for await (const next of blocksOf(parts, cutter, signal)) {
      // While these chunks are used, the next ones are hashed.
      const nextHashes = hasher.add(next);
      if (block !== undefined) yield* chunksOf(block, await hashes, cutter.memory);
      block = next;
      hashes = nextHashes;
    }
    if (block !== undefined) yield* chunksOf(block, await hashes, cutter.memory);
    return hasher.finish();
  } finally {
    hasher.close();
    cutter.release();
  }
}

const OPERATION = "chunk";
const END_OF_PART = undefined;

/** The last one may have no chunk. */
async function* blocksOf(
  parts: Parts,
  cutter: BlockCutter,
  signal: AbortSignal | undefined,
): AsyncGenerator<Block, void, undefined> {
  for await (const piece of piecesOf(parts, signal)) {
    if (piece === END_OF_PART) {
      cutter.endPart();
      continue;
    }
    for (let at = 0; at < piece.length; ) {
      const taken = piece.subarray(at, at + cutter.room);
      cutter.add(taken);
      at += taken.length;
      if (cutter.room > 0) continue;
      // Sources in memory would let no signal, and no word of the other thread, come through.
      await nextTurn();
      throwIfAborted(signal, OPERATION);
      yield cutter.takeBlock();
    }
  }
  yield cutter.takeBlock();
}

async function* piecesOf(
  parts: Parts,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array | typeof END_OF_PART, void, undefined> {
  for await (const part of stoppable(parts, signal)) {
    if (part instanceof Uint8Array) yield part;
    else yield* stoppable(part, signal);
    yield END_OF_PART;
  }
}

/** The source, which the signal ends also while it is stalled. */
function stoppable<T>(
  source: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal | undefined,
): AsyncIterable<T> | Iterable<T> {
  return signal !== undefined && Symbol.asyncIterator in source
    ? abortable(source, signal, OPERATION)
    : source;
}

function* chunksOf(
  { bounds, parts }: Block,
  hashes: readonly string[],
  memory: Uint8Array,
): Generator<PartChunk, void, undefined> {
  for (const [i, part] of parts.entries()) {
    yield { bytes: memory.subarray(bounds[2 * i], bounds[2 * i + 1]), hash: hashes[i]!, part };
  }
}
