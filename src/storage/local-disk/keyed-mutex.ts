/** One at a time for each name, in the order of arrival. */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<void>>();

  isHeld(name: string): boolean {
    return this.#tails.has(name);
  }

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name);
    let release = (): void => {};
    const tail = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#tails.set(name, tail);
    try {
      await before;
      return await work();
    } finally {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
      release();
    }
  }
}
