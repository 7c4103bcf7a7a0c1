import { coalesceRanges, type ResolvedRange } from "../core/index.js";
import type { ReadIntoOptions, ReadIntoResult } from "./backend.js";

/** What reading ranges needs of a store. */
interface RangeSource {
  readInto(
    key: string,
    range: ResolvedRange,
    target: Uint8Array,
    options: ReadIntoOptions,
  ): Promise<ReadIntoResult>;
}

/** A gap of this size costs less to read than another request: about 1 ms at 1 GB/s. */
const DEFAULT_MAX_GAP = 1 << 20;

const CONCURRENCY = 8;

/**
 * Several ranges of one object, in the order asked. Ranges whose gap is at most `maxGap` bytes share
 * a request; all requests are pinned to the etag of the first, so that the answer is of one version.
 */
export async function readRanges(
  store: RangeSource,
  key: string,
  ranges: readonly ResolvedRange[],
  options: ReadIntoOptions & { readonly maxGap?: number },
): Promise<Uint8Array[]> {
  const { fetches, slices } = coalesceRanges(ranges, options.maxGap ?? DEFAULT_MAX_GAP);
  const read: Uint8Array[] = new Array(fetches.length);
  let etag = options.ifMatch;
  async function fetchRange(index: number): Promise<void> {
    const range = fetches[index] as ResolvedRange;
    const target = new Uint8Array(range.end - range.start);
    const result = await store.readInto(key, range, target, { ...options, ifMatch: etag });
    etag ??= result.meta.etag;
    read[index] = target.subarray(0, result.bytesRead);
  }
  if (fetches.length > 0) await fetchRange(0);
  let next = 1;
  let failure: { readonly error: unknown } | undefined;
  async function work(): Promise<void> {
    while (next < fetches.length && failure === undefined) {
      try {
        await fetchRange(next++);
      } catch (error) {
        failure ??= { error };
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, fetches.length) }, work));
  if (failure !== undefined) throw failure.error;
  return slices.map(({ fetch, offset, length }) =>
    (read[fetch] as Uint8Array).subarray(offset, offset + length),
  );
}
