/**
 * Runs `work` on items as they come, at most `concurrency` at a time. The first failure, also of the
 * items' source, stops the taking of items, waits for what runs, and is thrown.
 */
export async function runPool<T>(
  items: AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const failed = (error: unknown): void => {
    failure ??= { error };
  };
  try {
    for await (const item of items) {
      const task: Promise<void> = work(item)
        .catch(failed)
        .finally(() => running.delete(task));
      running.add(task);
      if (running.size >= concurrency) await Promise.race(running);
      if (failure !== undefined) break;
    }
  } catch (error) {
    failed(error);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
