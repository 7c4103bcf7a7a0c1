/** Wakes the one who waits; a call before the wait counts for it. */
export class WakeUp {
  #called = false;
  #resolve: (() => void) | undefined;

  call(): void {
    if (this.#resolve === undefined) this.#called = true;
    else this.#resolve();
    this.#resolve = undefined;
  }

  async wait(): Promise<void> {
    if (this.#called) this.#called = false;
    else await new Promise<void>((resolve) => (this.#resolve = resolve));
  }
}
