import { setImmediate as nextTurn } from "node:timers/promises";
import { abortable } from "../../core/index.js";
import { throwIfAborted } from "../../errors.js";
import { ChunkCutter } from "./chunk-cutter.js";
import type { Cuts } from "./cut-stretch.js";
import { CUT_AHEAD } from "./gear-memory.js";

export interface HashedChunk {
  /**
   * Up to 128 KiB of the chunker's memory, which is shared (a SharedArrayBuffer). They stay until the next chunks are asked for:
   * copy what you keep for longer.
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
 * The chunks of bytes in sequence, those of half a MiB at a time; where they are cut does not depend on the pieces. Takes about 3 MiB, reads not more than
 * 2 MiB ahead, and ends the source however it ends itself. Throws what the source throws, and `aborted`.
 */
export function hashedChunks(
  source: Pieces,
  options: ChunkOptions = {},
): AsyncGenerator<readonly HashedChunk[], HashedBlob, undefined> {
  return hashedParts([source], options);
}

/** The same of parts in sequence, of which each begins a chunk; an empty part has none. */
export async function* hashedParts(
  parts: Parts,
  { signal }: ChunkOptions = {},
): AsyncGenerator<readonly PartChunk[], HashedBlob, undefined> {
  const cutter = new ChunkCutter();
  /** While the chunks of one are used, those of the next ones are found and hashed. */
  const ahead: (Cuts | Promise<Cuts>)[] = [];
  try {
    for await (const _ of fillings(parts, cutter, signal)) {
      ahead.push(cutter.cut());
      if (ahead.length > CUT_AHEAD) yield chunksOf(await ahead.shift()!, cutter.bytes);
    }
    while (ahead.length > 0) yield chunksOf(await ahead.shift()!, cutter.bytes);
    return cutter.finish();
  } finally {
    await Promise.all(ahead);
    cutter.close();
  }
}

const OPERATION = "chunk";
const END_OF_PART = undefined;

/** Gives each time that the cutter is full, and at the end. */
async function* fillings(
  parts: Parts,
  cutter: ChunkCutter,
  signal: AbortSignal | undefined,
): AsyncGenerator<void, void, undefined> {
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
      yield;
    }
  }
  yield;
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

function chunksOf({ bounds, parts, hashes }: Cuts, memory: Uint8Array): PartChunk[] {
  return parts.map((part, i) => {
    const bytes = memory.subarray(bounds[2 * i], bounds[2 * i + 1]);
    return { bytes, hash: hashes[i]!, part };
  });
}
