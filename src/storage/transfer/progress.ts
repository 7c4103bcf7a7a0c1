import type { ProgressEvent } from "./events.js";

/** A rate is told over at least this long a time, so that one burst does not make it jump. */
const RATE_WINDOW_MS = 2000;

/** Counts what a run does and tells, without timers, when it is time for another event. */
export class Progress {
  bytes = 0;
  resumedBytes = 0;
  copied = 0;
  deleted = 0;
  skipped = 0;
  failed = 0;
  planned = 0;
  totalObjects = 0;
  /** Bytes of the planned objects whose size is known. */
  sizedBytes = 0;
  /** Planned objects whose size is not. */
  unsized = 0;
  planFinal = false;

  readonly #startedAt = performance.now();
  readonly #interval: number;
  #toldAt: number;
  #planToldAt = Number.NEGATIVE_INFINITY;
  #rateFrom: { at: number; bytes: number };
  #previousRateFrom: { at: number; bytes: number };

  constructor(interval: number) {
    this.#interval = interval;
    this.#toldAt = this.#startedAt;
    this.#rateFrom = { at: this.#startedAt, bytes: 0 };
    this.#previousRateFrom = this.#rateFrom;
  }

  get totalBytes(): number | undefined {
    return this.unsized > 0 ? undefined : this.sizedBytes;
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** True if the plan was told long enough ago to be told again. */
  planDue(): boolean {
    const now = performance.now();
    if (now - this.#planToldAt < this.#interval) return false;
    this.#planToldAt = now;
    return true;
  }

  /** An event if the last one is long enough ago. */
  due(): ProgressEvent | undefined {
    const now = performance.now();
    if (now - this.#toldAt < this.#interval) return undefined;
    this.#toldAt = now;
    if (now - this.#rateFrom.at > RATE_WINDOW_MS) {
      this.#previousRateFrom = this.#rateFrom;
      this.#rateFrom = { at: now, bytes: this.bytes };
    }
    const from = this.#previousRateFrom;
    const rate = (this.bytes - from.bytes) / Math.max(0.001, (now - from.at) / 1000);
    return {
      type: "progress",
      bytes: this.bytes + this.resumedBytes,
      objects: this.copied + this.deleted + this.skipped + this.failed + this.planned,
      failed: this.failed,
      totalBytes: this.planFinal ? this.totalBytes : undefined,
      totalObjects: this.planFinal ? this.totalObjects : undefined,
      elapsedSeconds: (now - this.#startedAt) / 1000,
      bytesPerSecond: Math.max(0, rate),
    };
  }
}
