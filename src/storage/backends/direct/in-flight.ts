/**
 * Transfers of one file that run side by side, at most `depth`. After a failure nothing new is begun, and `drain`
 * returns only when none is under way: their memory and descriptor are free then.
 */
export class InFlight {
  readonly #depth: number;
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(depth: number) {
    this.#depth = depth;
  }

  get count(): number {
    return this.#running.size;
  }

  /** Begins a transfer as soon as there is room. Throws what an earlier one failed with. */
  async start(transfer: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#depth) await this.one();
    this.#throwIfFailed();
    const running: Promise<void> = transfer()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Returns when some transfer has ended, at once if none runs. */
  async one(): Promise<void> {
    if (this.#running.size > 0) await Promise.race(this.#running);
  }

  /** Returns when all have ended. Throws the first failure. */
  async drain(): Promise<void> {
    await this.settle();
    this.#throwIfFailed();
  }

  /** Returns when all have ended, well or not. */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
