import type { Content } from "./content.js";

/** A piece of an object: bytes of its format, or so many bytes of content. */
export type Segment = Uint8Array | ContentSegment;

export interface ContentSegment {
  readonly bytes: number;
  /** Is given the content in pieces, in order, to change it or to sum it up; `at` counts from the segment's begin. */
  readonly onPiece?: ((piece: Uint8Array, at: number) => void) | undefined;
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * The segments, `length` bytes in all, joined to chunks of 1 MiB; they stand in their object from `from` on. What
 * a format has of its own takes the place of the content there, so that content that comes again stands at the
 * same distance from the blocks that a store cuts. A segment is asked for when those before it are made. All chunks
 * are the same memory: each is valid until the next one is asked for.
 */
export async function* assemble(
  segments: Iterable<Segment>,
  content: Content,
  length: number,
  from = 0,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunk = new Uint8Array(Math.min(length, CHUNK_BYTES));
  let filled = 0;
  let offset = from;
  for (const segment of segments) {
    const framing = segment instanceof Uint8Array;
    const bytes = framing ? segment.length : segment.bytes;
    for (let done = 0; done < bytes; ) {
      const take = Math.min(bytes - done, chunk.length - filled);
      const piece = chunk.subarray(filled, filled + take);
      if (framing) piece.set(segment.subarray(done, done + take));
      else {
        content.read(piece, offset);
        segment.onPiece?.(piece, done);
      }
      done += take;
      filled += take;
      offset += take;
      if (filled === chunk.length) {
        yield chunk;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
