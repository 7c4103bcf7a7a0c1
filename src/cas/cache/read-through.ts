import type { ResolvedRange } from "../../core/index.js";
import type { BlobCache } from "./blob-cache.js";

/** A part of an object that lies in one stretch of the cache, or in none. */
interface Part extends ResolvedRange {
  readonly stretch: ResolvedRange | undefined;
  bytes?: Uint8Array | undefined;
}

/** Bytes of an object, and where they begin in it. */
interface PlacedBytes {
  readonly start: number;
  readonly bytes: Uint8Array;
}

export interface ReadThrough {
  /** Of each range, in the order asked. */
  readonly ranges: readonly Uint8Array[];
  /** What the cache did not have; it is given to the cache once it is known to be right. */
  readonly fetched: readonly PlacedBytes[];
}

/** Ranges of an object that never changes: what the cache has of them from there, the rest by `fetch`, in order. */
export async function readThrough(
  cache: BlobCache,
  key: string,
  ranges: readonly ResolvedRange[],
  fetch: (missing: readonly ResolvedRange[]) => Promise<readonly Uint8Array[]>,
): Promise<ReadThrough> {
  const stretches = await cache.stretches(key);
  const parted = ranges.map((range) => partsOf(range, stretches));
  const parts = parted.flat();
  for (const part of parts) {
    if (part.stretch !== undefined) part.bytes = await cache.read(key, part.stretch, part);
  }
  const missing = parts.filter(({ bytes }) => bytes === undefined);
  const read = missing.length === 0 ? [] : await fetch(missing);
  const fetched: PlacedBytes[] = [];
  for (const [i, part] of missing.entries()) {
    const bytes = read[i]!;
    part.bytes = bytes;
    fetched.push({ start: part.start, bytes });
  }
  return { ranges: ranges.map((range, i) => joined(range, parted[i]!)), fetched };
}

/** Cuts a range so that each part lies in a stretch, the longest that there is, or in none. */
export function partsOf(
  { start, end }: ResolvedRange,
  stretches: readonly ResolvedRange[],
): Part[] {
  const parts: Part[] = [];
  for (let at = start; at < end; ) {
    let stretch: ResolvedRange | undefined;
    let next = end;
    for (const one of stretches) {
      if (one.start > at) next = Math.min(next, one.start);
      else if (one.end > (stretch?.end ?? at)) stretch = one;
    }
    const part = { start: at, end: Math.min(end, stretch?.end ?? next), stretch };
    parts.push(part);
    at = part.end;
  }
  return parts;
}

function joined({ start, end }: ResolvedRange, parts: readonly Part[]): Uint8Array {
  if (parts.length === 1) return parts[0]!.bytes!;
  const whole = new Uint8Array(end - start);
  for (const part of parts) whole.set(part.bytes!, part.start - start);
  return whole;
}
