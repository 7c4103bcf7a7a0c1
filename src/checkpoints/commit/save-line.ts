import { setImmediate } from "node:timers/promises";
import { Semaphore } from "../../core/index.js";
import { BackgroundSave } from "./background-save.js";

/** What a save in the background works on, and how it is given back. */
interface Prepared {
  release(): void;
}

/**
 * Lets one save of a store go at a time; the others wait their turn, so that at most one snapshot
 * lies in memory. T is what a save gives.
 */
export class SaveLine<T> {
  readonly #turn = new Semaphore(1);
  #background: BackgroundSave<T>[] = [];

  /** Throws the failure of an earlier background save that nobody has looked at. */
  async run(save: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return this.#turn.run(
      async () => {
        this.#throwUnseen();
        return save();
      },
      1,
      signal,
    );
  }

  /** Prepares when its turn has come, then saves while the caller goes on. */
  start<P extends Prepared>(
    prepare: () => Promise<P>,
    save: (prepared: P) => Promise<T>,
    signal: AbortSignal | undefined,
  ): BackgroundSave<T> {
    const prepared = this.#prepare(prepare, signal);
    const done = prepared.then(async ({ value }) => {
      try {
        // The caller, which waits for the snapshot, goes first.
        await setImmediate();
        return await save(value);
      } finally {
        value.release();
      }
    });
    const background = new BackgroundSave(
      prepared.then(() => undefined),
      done,
    );
    // After the failure has been noted, or the next in the line would not see it.
    prepared.then(
      ({ leave }) => done.then(leave, leave),
      () => undefined,
    );
    this.#background.push(background);
    return background;
  }

  /** Waits for the save under way. Throws a failure that nobody has looked at. */
  async close(): Promise<void> {
    await this.#turn.run(async () => this.#throwUnseen());
  }

  async #prepare<P>(
    prepare: () => Promise<P>,
    signal: AbortSignal | undefined,
  ): Promise<{ value: P; leave: () => void }> {
    const leave = await this.#turn.acquire(1, signal);
    try {
      this.#throwUnseen();
      return { value: await prepare(), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  #throwUnseen(): void {
    const ended = this.#background.filter((save) => save.hasEnded);
    const failed = ended.find((save) => save.unseenFailure !== undefined);
    const told = failed === undefined ? ended : ended.slice(0, ended.indexOf(failed) + 1);
    this.#background = this.#background.filter((save) => !told.includes(save));
    const failure = failed?.unseenFailure;
    if (failure === undefined) return;
    throw failure.with({ message: `an earlier save in the background failed: ${failure.message}` });
  }
}
