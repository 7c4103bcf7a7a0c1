import { raceAbort } from "../../core/index.js";
import type { BlobSource } from "../blob.js";

type Parts = AsyncIterable<Uint8Array | AsyncIterable<Uint8Array>>;

/** A source that is small, in memory; or the parts of one that is not, with what was read of it before. */
export type Gathered =
  | { readonly bytes: Uint8Array; readonly parts?: undefined }
  | { readonly parts: Parts; readonly bytes?: undefined };

/**
 * Reads a source up to `limit` bytes to see whether it is larger. A source of one stream is one part. If `parts` come
 * back, they must be iterated: only that ends the source.
 */
export async function gather(
  source: Exclude<BlobSource, Uint8Array>,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Gathered> {
  const parts = "parts" in source ? source.parts : single(source);
  const rest = flatten(parts);
  const read: Piece[] = [];
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await raceAbort(rest.next(), signal, "put");
      if (done === true) break;
      // The source may use the memory of its piece again, and `slice` of a Buffer is no copy.
      const bytes = new Uint8Array(value.bytes);
      read.push({ ...value, bytes });
      total += bytes.length;
      if (total > limit) return { parts: joined(read, rest) };
    }
  } catch (error) {
    // A source that is stalled answers only when it goes on: it is not waited for.
    rest.return().catch(() => undefined);
    throw error;
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const piece of read) {
    bytes.set(piece.bytes, at);
    at += piece.bytes.length;
  }
  return { bytes };
}

interface Piece {
  readonly bytes: Uint8Array;
  /** Where it stands in its part. */
  readonly place: "first" | "later" | "whole";
}

async function* single(source: AsyncIterable<Uint8Array>): Parts {
  yield source;
}

async function* flatten(parts: Parts): AsyncGenerator<Piece, void, undefined> {
  for await (const part of parts) {
    if (part instanceof Uint8Array) {
      yield { bytes: part, place: "whole" };
      continue;
    }
    let place: Piece["place"] = "first";
    for await (const bytes of part) {
      yield { bytes, place };
      place = "later";
    }
  }
}

/** The parts again: those that were read before, then the rest. A part must be read to its end before the next one. */
async function* joined(read: Piece[], rest: AsyncGenerator<Piece, void, undefined>): Parts {
  let stalled = false;
  const take = async (): Promise<Piece | undefined> => {
    const piece = read.shift();
    if (piece !== undefined) return piece;
    stalled = true;
    const { done, value } = await rest.next();
    stalled = false;
    return done === true ? undefined : value;
  };
  try {
    let next = await take();
    const part = async function* (first: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
      yield first;
      for (next = await take(); next?.place === "later"; next = await take()) yield next.bytes;
    };
    while (next !== undefined) {
      if (next.place !== "whole") yield part(next.bytes);
      else {
        yield next.bytes;
        next = await take();
      }
    }
  } finally {
    const ended = rest.return();
    // As above: whoever stopped a part in the middle of a step must not wait for the step.
    if (stalled) ended.catch(() => undefined);
    else await ended;
  }
}
