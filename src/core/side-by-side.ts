import { setMaxListeners } from "node:events";

/** Small objects, such as manifests, that are read at a time. */
export const CONCURRENT_READS = 16;

/**
 * What `work` gives for each item, in the order of the items, `concurrency` of them at a time. The first failure
 * stops the others by the signal that they are given, and is thrown when all have ended.
 */
export async function sideBySide<T, R>(
  items: readonly T[],
  concurrency: number,
  given: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const stop = new AbortController();
  const signal = given === undefined ? stop.signal : AbortSignal.any([given, stop.signal]);
  // Each call under way listens.
  setMaxListeners(0, signal);
  const results: R[] = [];
  let failure: { readonly error: unknown } | undefined;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T, signal);
      } catch (error) {
        failure ??= { error };
        stop.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  if (failure !== undefined) throw (failure as { readonly error: unknown }).error;
  return results;
}
