import fc from "fast-check";
import { seededRandom } from "../../../src/core/index.js";

export type ContentKind = "random" | "text" | "mixed";

/** Bytes that a seed determines: such that do not shrink, such that do, or both in turns. */
export function sampleContent(kind: ContentKind, size: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const bytes = new Uint8Array(size);
  const turn = 3000;
  for (let i = 0; i < size; i++) {
    const shrinks = kind === "text" || (kind === "mixed" && Math.floor(i / turn) % 2 === 0);
    bytes[i] = shrinks ? 97 + ((i * 7) % 11) : Math.floor(random() * 256);
  }
  return bytes;
}

/** The bytes as a stream of pieces of uneven sizes. */
export async function* inChunks(bytes: Uint8Array, most: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let step = 0; at < bytes.length; step++) {
    // The writer must copy: this memory is used again.
    const chunk = bytes.slice(at, at + 1 + ((step * 7919) % most));
    yield chunk;
    at += chunk.length;
    chunk.fill(0);
  }
}

/** The bytes in pieces, some of them empty. */
export function inPieces(bytes: Uint8Array, most: number): Uint8Array[] {
  const pieces: Uint8Array[] = [new Uint8Array(0)];
  for (let at = 0, step = 0; at < bytes.length; step++) {
    const piece = bytes.subarray(at, at + ((step * 7919) % (most + 1)));
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}

export interface ShardCase {
  readonly kind: ContentKind;
  readonly size: number;
  readonly seed: number;
  readonly blockSize: number;
  readonly compressionLevel: number | undefined;
  readonly form: "whole" | "pieces" | "stream";
  /** Largest piece or chunk. */
  readonly most: number;
  readonly concurrency: number;
}

/** Shards of up to 13 blocks, many of which end at a block's border or beside it. */
export const shardCases: fc.Arbitrary<ShardCase> = fc
  .record({
    kind: fc.constantFrom<ContentKind>("random", "text", "mixed"),
    seed: fc.nat(),
    blockSize: fc.integer({ min: 1000, max: 20_000 }),
    blocks: fc.nat({ max: 12 }),
    beside: fc.oneof(fc.constantFrom(-1, 0, 1), fc.integer({ min: 0, max: 5000 })),
    compressionLevel: fc.constantFrom(undefined, 1, 3),
    form: fc.constantFrom<ShardCase["form"]>("whole", "pieces", "stream"),
    most: fc.integer({ min: 1, max: 50_000 }),
    concurrency: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ blocks, beside, ...rest }) => ({
    ...rest,
    size: Math.max(0, blocks * rest.blockSize + beside),
    // Chunks of few bytes take long and tell nothing new.
    most: Math.max(rest.most, Math.ceil((blocks * rest.blockSize) / 500)),
  }));

export function contentOf(one: ShardCase): Uint8Array {
  return sampleContent(one.kind, one.size, one.seed);
}

export function sourceOf(one: ShardCase, bytes: Uint8Array) {
  if (one.form === "whole") return bytes;
  return one.form === "pieces" ? inPieces(bytes, one.most) : inChunks(bytes, one.most);
}

/** Whether two arrays hold the same bytes; a comparison by `expect` prints them. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
