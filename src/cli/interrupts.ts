import { EXIT_INTERRUPTED, EXIT_TERMINATED } from "./exit-codes.js";

/** What a process offers to be interrupted by. */
export interface SignalSource {
  on(event: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(event: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  exit(code: number): never;
}

const EXIT_CODES = { SIGINT: EXIT_INTERRUPTED, SIGTERM: EXIT_TERMINATED } as const;

/**
 * Turns the first SIGINT or SIGTERM into an abort, so that what is under way is cleaned up; the
 * second one ends the process at once.
 */
export class Interrupts {
  readonly #source: SignalSource;
  readonly #controller = new AbortController();
  readonly #listeners = {
    SIGINT: () => this.#received("SIGINT"),
    SIGTERM: () => this.#received("SIGTERM"),
  };
  /** The exit code of the signal that came, if one did. */
  exitCode: number | undefined;

  constructor(source: SignalSource) {
    this.#source = source;
    source.on("SIGINT", this.#listeners.SIGINT);
    source.on("SIGTERM", this.#listeners.SIGTERM);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  remove(): void {
    this.#source.off("SIGINT", this.#listeners.SIGINT);
    this.#source.off("SIGTERM", this.#listeners.SIGTERM);
  }

  #received(name: "SIGINT" | "SIGTERM"): void {
    if (this.exitCode !== undefined) this.#source.exit(EXIT_CODES[name]);
    this.exitCode = EXIT_CODES[name];
    this.#controller.abort(new DOMException(`${name} received`, "AbortError"));
  }
}
