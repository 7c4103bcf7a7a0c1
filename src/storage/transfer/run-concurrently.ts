/** Batches listed ahead of the work, so that totals are known early and memory stays bounded. */
const BATCHES_AHEAD = 10;

export interface ConcurrentWork<T> {
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Must not throw but for what ends the run. */
  work(item: T): Promise<void>;
  /** What to await before the next item is begun. */
  backpressure?(): Promise<void> | undefined;
}

/**
 * Does the work for each item of each batch, `concurrency` at a time. Once the signal fires no more
 * is begun. Throws, after all begun work has ended, the first failure of the source or the work.
 */
export async function runConcurrently<T>(
  batches: AsyncIterable<readonly T[]>,
  options: ConcurrentWork<T>,
): Promise<void> {
  const { concurrency, signal } = options;
  const source = new BatchReader(batches, signal);
  let failure: { error: unknown } | undefined;

  async function worker(): Promise<void> {
    for (;;) {
      let item = source.take();
      while (item === undefined && (await source.more())) item = source.take();
      if (item === undefined || failure !== undefined || signal.aborted) return;
      await options.work(item);
      const wait = options.backpressure?.();
      if (wait !== undefined) await wait;
    }
  }

  const workers = Array.from({ length: concurrency }, () =>
    worker().catch((error: unknown) => {
      failure ??= { error };
      source.stop();
    }),
  );
  await Promise.all(workers);
  await source.end();
  if (failure !== undefined) throw failure.error;
}

/** Reads batches ahead and hands their items out without a promise for each. */
class BatchReader<T> {
  readonly #ready: (readonly T[])[] = [];
  #at = 0;
  #ended = false;
  #stopped = false;
  #failure: { error: unknown } | undefined;
  #wakeReaders: (() => void)[] = [];
  #wakePump: (() => void) | undefined;
  readonly #pumping: Promise<void>;

  constructor(batches: AsyncIterable<readonly T[]>, signal: AbortSignal) {
    this.#pumping = this.#pump(batches, signal);
  }

  /** The next item, if one is there. */
  take(): T | undefined {
    for (;;) {
      const batch = this.#ready[0];
      if (batch === undefined) return undefined;
      if (this.#at < batch.length) return batch[this.#at++];
      this.#ready.shift();
      this.#at = 0;
      this.#wakePump?.();
    }
  }

  /** Waits for another batch; false if there is none. Throws the source's failure. */
  async more(): Promise<boolean> {
    while (this.#ready.length === 0) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended) return false;
      await new Promise<void>((resolve) => this.#wakeReaders.push(resolve));
    }
    return true;
  }

  stop(): void {
    this.#stopped = true;
    this.#wakePump?.();
  }

  async end(): Promise<void> {
    this.stop();
    await this.#pumping;
  }

  async #pump(batches: AsyncIterable<readonly T[]>, signal: AbortSignal): Promise<void> {
    try {
      for await (const batch of batches) {
        if (batch.length > 0) {
          this.#ready.push(batch);
          this.#wake();
        }
        while (this.#ready.length >= BATCHES_AHEAD && !this.#stopped) {
          await new Promise<void>((resolve) => {
            this.#wakePump = resolve;
          });
          this.#wakePump = undefined;
        }
        if (this.#stopped || signal.aborted) return;
      }
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#ended = true;
      this.#wake();
    }
  }

  #wake(): void {
    const readers = this.#wakeReaders;
    this.#wakeReaders = [];
    for (const wake of readers) wake();
  }
}
