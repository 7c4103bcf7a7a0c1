import { abortedError } from "../errors.js";

/**
 * The promise's outcome, or `aborted` as soon as the signal fires. The promise itself goes on: give
 * it the signal too where it takes one.
 */
export function raceAbort<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  operation?: string,
): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(abortedError(operation, undefined, signal.reason));
    if (signal.aborted) {
      // The loser of a race must not become an unhandled rejection.
      promise.catch(() => undefined);
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * The source's items until the signal fires, then `aborted`, even while the source is stalled. The
 * source is ended on every way out.
 */
export async function* abortable<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
  operation?: string,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let stalled = false;
  try {
    for (;;) {
      stalled = true;
      const step = await raceAbort(iterator.next(), signal, operation);
      stalled = false;
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    const ended = iterator.return?.();
    // A generator in the middle of a stalled step answers `return()` only after it: do not wait.
    if (stalled) Promise.resolve(ended).catch(() => undefined);
    else await ended;
  }
}
