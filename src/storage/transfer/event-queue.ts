/** Events that may wait for their reader before those who make them have to wait. */
const HIGH_WATER = 1000;

/** Hands events from many makers to one reader, in order, without growing beyond all bounds. */
export class EventQueue<T> {
  #events: T[] = [];
  #closed = false;
  #unbounded = false;
  #wakeReader: (() => void) | undefined;
  #room: Promise<void> | undefined;
  #makeRoom: (() => void) | undefined;

  push(event: T): void {
    this.#events.push(event);
    this.#wakeReader?.();
  }

  /** Undefined while there is room; else what to await before making more. */
  get full(): Promise<void> | undefined {
    if (this.#events.length < HIGH_WATER || this.#unbounded) return undefined;
    this.#room ??= new Promise((resolve) => {
      this.#makeRoom = resolve;
    });
    return this.#room;
  }

  /** Nobody waits for the reader any more, who may have left. */
  unbound(): void {
    this.#unbounded = true;
    this.#makeRoom?.();
  }

  /** No more events: the reader ends after those that wait. */
  close(): void {
    this.#closed = true;
    this.#wakeReader?.();
  }

  /** All events that wait, at least one; undefined after the last. */
  async take(): Promise<T[] | undefined> {
    while (this.#events.length === 0) {
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
      this.#wakeReader = undefined;
    }
    const events = this.#events;
    this.#events = [];
    this.#makeRoom?.();
    this.#room = undefined;
    this.#makeRoom = undefined;
    return events;
  }
}
