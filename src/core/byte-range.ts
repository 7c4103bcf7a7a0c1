import { LodeError } from "../errors.js";

/**
 * Bytes asked for: `start` inclusive to `end` exclusive (to the end of the object if absent), or
 * the last `suffix` bytes. Unlike HTTP's, `end` is exclusive.
 */
export type ByteRange =
  | { readonly start: number; readonly end?: number | undefined; readonly suffix?: undefined }
  | { readonly suffix: number; readonly start?: undefined; readonly end?: undefined };

/** A range with both ends known: `start` inclusive, `end` exclusive. */
export interface ResolvedRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Checks a range's numbers. Throws `invalid-argument` for negative, fractional or reversed ones.
 * An empty range is refused too, since HTTP cannot say it.
 */
export function validateRange(range: ByteRange): void {
  const numbers = [range.start, range.end, range.suffix].filter((n) => n !== undefined);
  if (numbers.some((n) => !Number.isSafeInteger(n) || n < 0)) {
    throw invalidRange(range, "its numbers must be whole and not negative");
  }
  if (range.suffix === 0) throw invalidRange(range, "a suffix must be at least 1 byte");
  if (range.start !== undefined && range.end !== undefined && range.end <= range.start) {
    throw invalidRange(range, "its end must be after its start");
  }
}

/**
 * The range within an object of `size` bytes, clamped to its end. Throws `invalid-argument` if it
 * starts at or after the end (HTTP 416), except a suffix or `start: 0` of an empty object, which is empty.
 */
export function resolveRange(range: ByteRange | undefined, size: number): ResolvedRange {
  if (range === undefined) return { start: 0, end: size };
  if (range.suffix !== undefined) return { start: Math.max(0, size - range.suffix), end: size };
  if (range.start >= size && !(size === 0 && range.start === 0)) {
    throw invalidRange(range, `the object has only ${size} bytes`);
  }
  return { start: range.start, end: Math.min(range.end ?? size, size) };
}

/** `bytes=a-b` as HTTP wants it (RFC 9110 §14.1.2), where `b` is inclusive. */
export function rangeHeader(range: ByteRange): string {
  if (range.suffix !== undefined) return `bytes=-${range.suffix}`;
  return `bytes=${range.start}-${range.end === undefined ? "" : range.end - 1}`;
}

/** One reader's view of {@link coalesceRanges}: which fetch holds it and where in that fetch. */
export interface CoalescedSlice {
  readonly fetch: number;
  readonly offset: number;
  readonly length: number;
}

/**
 * Joins ranges whose gap is at most `maxGap` bytes so that neighbours cost one request; the joined
 * ranges come sorted, the slices in the order of `ranges`.
 */
export function coalesceRanges(
  ranges: readonly ResolvedRange[],
  maxGap: number,
): { fetches: ResolvedRange[]; slices: CoalescedSlice[] } {
  const order = ranges.map((range, index) => ({ range, index }));
  order.sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
  const fetches: { start: number; end: number }[] = [];
  const slices = new Array<CoalescedSlice>(ranges.length);
  for (const { range, index } of order) {
    let last = fetches.at(-1);
    if (last === undefined || range.start > last.end + maxGap) {
      last = { start: range.start, end: range.end };
      fetches.push(last);
    } else {
      last.end = Math.max(last.end, range.end);
    }
    slices[index] = {
      fetch: fetches.length - 1,
      offset: range.start - last.start,
      length: range.end - range.start,
    };
  }
  return { fetches, slices };
}

function invalidRange(range: ByteRange, why: string): LodeError {
  const text =
    range.suffix !== undefined ? `-${range.suffix}` : `${range.start}-${range.end ?? ""}`;
  return new LodeError({
    code: "invalid-argument",
    message: `byte range ${text} cannot be read: ${why}`,
  });
}
