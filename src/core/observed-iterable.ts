export interface IterationObserver<T> {
  /** Sees each item before the consumer; what it returns is passed on. Must not throw. */
  readonly onItem?: ((item: T) => T) | undefined;
  /** Called once: at the end, on an error, or when the consumer stops early. */
  readonly onEnd: (error?: unknown) => void;
}

/**
 * The source with an observer. Not a generator on purpose: ending a generator that has not begun
 * runs nothing of it, and the source would be left open.
 */
export function observeIterable<T>(
  source: AsyncIterable<T>,
  observer: IterationObserver<T>,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<T> {
      const iterator = source[Symbol.asyncIterator]();
      let ended = false;
      const end = (error?: unknown): void => {
        if (ended) return;
        ended = true;
        observer.onEnd(error);
      };
      return {
        async next() {
          try {
            const step = await iterator.next();
            if (step.done === true) {
              end();
              return step;
            }
            return observer.onItem === undefined
              ? step
              : { done: false, value: observer.onItem(step.value) };
          } catch (error) {
            end(error);
            throw error;
          }
        },
        async return(value?: unknown) {
          try {
            await iterator.return?.();
          } finally {
            end();
          }
          return { done: true, value: value as undefined };
        },
      };
    },
  };
}
