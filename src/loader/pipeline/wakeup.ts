/** Lets one waiter at a time wait for a change that others make. */
export class Wakeup {
  #waiting: (() => void) | undefined;

  /** Ends the wait, if there is one. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  /** Waits until `ready`, which is asked after each `wake`. */
  async until(ready: () => boolean): Promise<void> {
    while (!ready()) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }
}
