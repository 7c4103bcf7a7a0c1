import { Semaphore } from "../../core/index.js";
import { type LodeError, toLodeError } from "../../errors.js";
import type { OnCaptureError } from "./capture-options.js";

const AT_A_TIME = 4;

/** The runs of calls that have returned: they are stored behind. */
export class CallsBehind {
  readonly #slots = new Semaphore(AT_A_TIME);
  readonly #underWay = new Set<Promise<void>>();
  readonly #onFailure: OnCaptureError;
  #failure: LodeError | undefined;

  /** `onFailure` is told at once, as nobody may ever call `flush`. */
  constructor(onFailure: OnCaptureError) {
    this.#onFailure = onFailure;
  }

  add(runId: string, work: () => Promise<void>): void {
    const task = this.#slots.run(work).catch((error: unknown) => {
      const failure = toLodeError(error);
      this.#failure ??= failure;
      this.#onFailure(failure, runId);
    });
    const done = task.finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  /** Throws the first failure since the last time. */
  async flush(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }
}
