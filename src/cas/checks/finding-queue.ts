/** What is put but not taken; above it, putting waits. */
const LIMIT = 256;

/** Hands items from work that goes on in parallel to one reader, who slows it down. */
export class FindingQueue<T> {
  readonly #items: T[] = [];
  #end: { readonly error: unknown } | undefined;
  #isClosed = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriters: (() => void)[] = [];

  /** Waits for room; what comes after `stop` is dropped. */
  async put(item: T): Promise<void> {
    while (this.#items.length >= LIMIT && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
    }
    if (this.#isClosed) return;
    this.#items.push(item);
    this.#wakeReader?.();
  }

  /** Nothing follows; a failure is thrown to the reader behind the last item. */
  end(failure?: { readonly error: unknown }): void {
    this.#end = failure ?? { error: undefined };
    this.#wakeReader?.();
  }

  /** Nobody reads any more. */
  stop(): void {
    this.#isClosed = true;
    this.#wake();
  }

  async *items(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#wake();
        yield item;
      } else if (this.#end !== undefined) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve;
        });
        this.#wakeReader = undefined;
      }
    }
  }

  #wake(): void {
    const writers = this.#wakeWriters;
    this.#wakeWriters = [];
    for (const wake of writers) wake();
  }
}
