import { type LodeError, toLodeError } from "../../errors.js";

/**
 * A save that goes on while its caller does. A failure that nobody looks at is not lost: whoever takes
 * `done` gets it, else the next save or `close` of the store throws it.
 */
export class BackgroundSave<T> {
  readonly #snapshotDone: Promise<void>;
  readonly #done: Promise<T>;
  #looked = false;
  #ended = false;
  #failure: LodeError | undefined;

  constructor(snapshotDone: Promise<void>, done: Promise<T>) {
    this.#snapshotDone = snapshotDone;
    this.#done = done;
    // Kept here until somebody asks: an unhandled rejection would end the process at once.
    snapshotDone.catch(() => undefined);
    done.then(
      () => {
        this.#ended = true;
      },
      (error: unknown) => {
        this.#ended = true;
        this.#failure = toLodeError(error, "save");
      },
    );
  }

  /** Ends when the caller may go on: its bytes are copied, or with "transfer" its turn has come. */
  get snapshotDone(): Promise<void> {
    return this.#snapshotDone.catch((error: unknown) => {
      this.#looked = true;
      throw error;
    });
  }

  /** Ends when the checkpoint is committed and `latest.json` points to it. */
  get done(): Promise<T> {
    this.#looked = true;
    return this.#done.then((checkpoint) => checkpoint);
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Its failure, once it has ended, if nobody has asked for it. */
  get unseenFailure(): LodeError | undefined {
    return this.#looked ? undefined : this.#failure;
  }
}
