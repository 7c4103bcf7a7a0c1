import { abortedError } from "../../../errors.js";

/**
 * The same chunks, ended with `aborted` when the signal fires, even while the source keeps silent.
 * The source is told to stop, and not waited for.
 */
export async function* abortable(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  uri: string,
): AsyncGenerator<Uint8Array> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  const chunks = source[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const result = await nextOrAbort(chunks, signal, uri);
      if (result.done === true) {
        ended = true;
        return;
      }
      yield result.value;
    }
  } finally {
    // A source that is stuck would never answer; what it answers no longer matters.
    if (!ended) chunks.return?.()?.catch(() => {});
  }
}

function nextOrAbort<T>(
  chunks: AsyncIterator<T>,
  signal: AbortSignal,
  uri: string,
): Promise<IteratorResult<T>> {
  return new Promise((resolve, reject) => {
    const fire = () => reject(abortedError("put", uri, signal.reason));
    if (signal.aborted) {
      fire();
      return;
    }
    signal.addEventListener("abort", fire, { once: true });
    chunks
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", fire));
  });
}
