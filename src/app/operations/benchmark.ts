import { abortedError, isLodeError, type LodeError, toLodeError } from "../../errors.js";
import type { AppContext } from "../app-context.js";

/** One object that could not be read or written. */
export interface BenchmarkFailure {
  readonly uri: string;
  readonly error: LodeError;
}

/** What was measured so far, or in all. */
export interface BenchmarkState {
  readonly objects: number;
  readonly failed: number;
  /** Left alone, since they were there. */
  readonly skipped: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly totalObjects?: number | undefined;
  readonly totalBytes?: number | undefined;
}

/** Failures that are kept for the end; all of them are told as they happen. */
const MAX_FAILURES = 1000;

/** Counts a benchmark and tells its state to whoever watches. */
export class BenchmarkRun {
  objects = 0;
  failed = 0;
  skipped = 0;
  bytes = 0;
  totalObjects: number | undefined;
  totalBytes: number | undefined;
  readonly failures: BenchmarkFailure[] = [];
  readonly #startedAt = performance.now();
  readonly #onProgress: ((state: BenchmarkState) => void) | undefined;
  readonly #onFailure: ((failure: BenchmarkFailure) => void) | undefined;
  #toldAt = 0;

  constructor(watch: BenchmarkWatch) {
    this.#onProgress = watch.onProgress;
    this.#onFailure = watch.onFailure;
  }

  get state(): BenchmarkState {
    const { objects, failed, skipped, bytes, totalObjects, totalBytes } = this;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    return { objects, failed, skipped, bytes, seconds, totalObjects, totalBytes };
  }

  moved(bytes: number): void {
    this.bytes += bytes;
    const now = performance.now();
    if (this.#onProgress === undefined || now - this.#toldAt < 100) return;
    this.#toldAt = now;
    this.#onProgress(this.state);
  }

  /** Runs one object's work: its failure is counted, an abort ends everything. */
  async attempt(
    app: AppContext,
    uri: string,
    work: () => Promise<"done" | "skipped">,
  ): Promise<void> {
    try {
      if ((await work()) === "done") this.objects++;
      else this.skipped++;
    } catch (error) {
      if (app.signal.aborted) throw abortedError("benchmark", uri, app.signal.reason);
      const failure = { uri, error: toLodeError(error, "benchmark", uri) };
      if (isLodeError(error, "unauthenticated", "permission-denied", "invalid-config")) throw error;
      this.failed++;
      if (this.failures.length < MAX_FAILURES) this.failures.push(failure);
      this.#onFailure?.(failure);
    }
  }
}

/** How a benchmark is watched. */
export interface BenchmarkWatch {
  readonly onProgress?: ((state: BenchmarkState) => void) | undefined;
  readonly onFailure?: ((failure: BenchmarkFailure) => void) | undefined;
}
