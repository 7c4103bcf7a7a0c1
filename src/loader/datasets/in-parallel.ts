import { throwIfAborted } from "../../errors.js";

/**
 * Does the work for 0 to `count - 1`, at most `concurrency` at a time. The first failure aborts the others, is
 * thrown when all have ended, and nothing more is begun.
 */
export async function inParallel(
  count: number,
  concurrency: number,
  signal: AbortSignal | undefined,
  work: (index: number, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  throwIfAborted(signal, "load");
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  async function worker(): Promise<void> {
    while (next < count && failure === undefined) {
      try {
        await work(next++, either);
      } catch (error) {
        failure ??= { error };
        stop.abort();
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  if (failure !== undefined) throw failure.error;
}
