import { LodeError } from "../../../errors.js";
import type { WriteMode } from "../../backend.js";
import { mapAzureError } from "./error-map.js";

/** Slowest transfer that is not yet taken for a dead one, in bytes per second. */
const SLOWEST = 64 * 1024;

export interface GuardOptions {
  readonly operation: string;
  readonly uri: string;
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly mode?: WriteMode | undefined;
}

/**
 * One call's life: joins the caller's signal with an idle limit, and turns what the SDK throws into
 * LodeErrors. Must be ended, since it listens to the caller's signal.
 */
export class CallGuard {
  readonly #options: GuardOptions;
  readonly #controller = new AbortController();
  readonly #onAbort = () => this.#controller.abort();
  #timer: NodeJS.Timeout | undefined;
  #expired = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    if (options.signal?.aborted) this.#controller.abort();
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Waits for one step, at most the idle limit, longer where it moves `bytes` at once. */
  async wait<T>(step: () => Promise<T>, bytes = 0): Promise<T> {
    const limit = this.#options.idleTimeoutMs + Math.ceil((bytes / SLOWEST) * 1000);
    this.#timer = setTimeout(() => {
      this.#expired = true;
      this.#controller.abort();
    }, limit);
    this.#timer.unref();
    try {
      return await step();
    } catch (error) {
      throw this.error(error);
    } finally {
      clearTimeout(this.#timer);
    }
  }

  error(error: unknown): LodeError {
    const { operation, uri, mode, signal, idleTimeoutMs } = this.#options;
    if (this.#expired && signal?.aborted !== true) {
      return new LodeError({
        code: "timeout",
        retry: "safe",
        message: `${operation} ${uri} failed: no byte came for ${idleTimeoutMs} ms`,
        operation,
        uri,
      });
    }
    return mapAzureError(error, { operation, uri, mode, aborted: signal?.aborted });
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }
}
