/**
 * The source with its errors replaced by what `replace` gives. Not a generator on purpose: ending a
 * generator that has not begun runs nothing of it, and the source would be left open.
 */
export function mapErrors<T>(
  source: AsyncIterable<T>,
  replace: (error: unknown) => unknown,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<T> {
      const iterator = source[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            return await iterator.next();
          } catch (error) {
            throw replace(error);
          }
        },
        async return(value?: unknown) {
          try {
            await iterator.return?.();
          } catch (error) {
            throw replace(error);
          }
          return { done: true, value: value as undefined };
        },
      };
    },
  };
}
