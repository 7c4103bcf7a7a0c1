import { setImmediate as turn } from "node:timers/promises";
import { abortedError, type LodeError, toLodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { OpLogEntry } from "../entry.js";
import { type Agenda, OpenAgenda, Timeline } from "./agenda.js";
import { Alarm } from "./alarm.js";
import { type PerformContext, performOperation } from "./perform-operation.js";
import type { PlannedOperation } from "./plan-operation.js";
import { preciseClock } from "./precise-clock.js";
import { type ReplayOptions, resolveReplayOptions } from "./replay-options.js";
import type { ReplayResult } from "./replay-result.js";
import { RowFeed } from "./row-feed.js";
import { StoreTable } from "./store-table.js";
import { Tally } from "./tally.js";
import { ThreadAgenda } from "./thread-agenda.js";
import { UploadTable } from "./upload-table.js";
import { WakeUp } from "./wake-up.js";

/** Longest sleep at a time where progress is told, and where it is not: timers end at 24 days. */
const LONGEST_SLEEP_MS = 500;
const LONGEST_QUIET_SLEEP_MS = 3_600_000;

/** Longest time without a turn of the event loop, where stores answer from memory. */
const TURN_MS = 10;

const PROGRESS_MS = 100;

/**
 * Does again what a log tells, at its times. `run` once; `result` tells the figures at any time, also
 * after `run` has thrown.
 */
export class Replay {
  readonly #options: ReturnType<typeof resolveReplayOptions>;
  readonly #clock;
  readonly #tally = new Tally();
  readonly #feed: RowFeed;
  readonly #agenda: Agenda;
  readonly #stores: StoreTable;
  readonly #uploads: UploadTable;
  readonly #context: PerformContext;
  readonly #alarm: Alarm;
  /** An operation has ended, rows have come, or all is over. */
  readonly #news = new WakeUp();
  #running = 0;
  #failure: LodeError | undefined;
  #endedBy: ReplayResult["endedBy"];
  #endedUploads = { completed: 0, aborted: 0 };
  #turnAt = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** Throws `invalid-argument`. */
  constructor(options: ReplayOptions) {
    this.#options = resolveReplayOptions(options);
    const { clock = preciseClock, speed, windowRows, closedLoop, dryRun, signal } = this.#options;
    this.#clock = clock;
    this.#feed = new RowFeed(options, windowRows, this.#tally);
    const { window } = this.#feed;
    const timeline = new Timeline(() => clock.now(), speed);
    this.#agenda =
      closedLoop === true && dryRun !== true
        ? new ThreadAgenda(window, timeline, windowRows)
        : new OpenAgenda(window, timeline);
    this.#stores = new StoreTable(options.openStore);
    this.#alarm = new Alarm(clock);
    this.#uploads = new UploadTable(signal);
    this.#context = {
      signal,
      seed: this.#options.seed,
      uploads: this.#uploads,
      readsBeginnings: false,
    };
  }

  get result(): ReplayResult {
    return this.#tally.result({
      dryRun: this.#options.dryRun === true,
      outOfOrder: this.#feed.window.outOfOrder,
      uploads: this.#endedUploads,
      endedBy: this.#endedBy,
      speed: this.#options.speed,
      waiting: this.#agenda.waiting,
    });
  }

  /**
   * Replays the rows of a log, given in its own order. Operations that fail are counted. Throws
   * `aborted`; what made the log unreadable or a store impossible to open; `invalid-argument` where
   * nobody said where a row goes; with `failFast` the first failure. What is under way ends first.
   */
  async run(batches: AsyncIterable<readonly OpLogEntry[]>): Promise<ReplayResult> {
    const { signal, dryRun } = this.#options;
    const wake = () => this.#wake();
    signal?.addEventListener("abort", wake, { once: true });
    const reading = this.#feed
      .read(batches, wake)
      .catch((error: unknown) => this.#fail(error))
      .finally(wake);
    try {
      const step = () => (dryRun === true ? this.#tell() : this.#step());
      while (!this.#hasEnded() && (await step())) await this.#letOthersRun();
      while (this.#running > 0) await this.#news.wait();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#feed.stop();
      await reading;
      signal?.removeEventListener("abort", wake);
    }
    const isWhole = !this.#hasEnded();
    this.#endedUploads = await this.#uploads.end(isWhole, (error) => this.#fail(error));
    if (signal?.aborted) throw abortedError("replay", undefined, signal.reason);
    if (this.#failure !== undefined) throw this.#failure;
    this.#progress(true);
    return this.result;
  }

  /** A dry run's step: tells of an operation; false after the last one. */
  async #tell(): Promise<boolean> {
    const { limit, durationMs, onOperation } = this.#options;
    const next = this.#agenda.next();
    if (next === undefined) return this.#waitForRows();
    const { row, target } = next.operation;
    // All happens at one moment, which the first one is due at.
    const moment = this.#tally.startedAt ?? next.due;
    if (this.#tally.begun >= limit) return this.#endBy("limit");
    if (next.due - moment >= durationMs) return this.#endBy("duration");
    this.#take();
    this.#tally.began(next.operation, moment, undefined);
    await onOperation?.({ row, status: "planned", target });
    return true;
  }

  /** Begins an operation, or waits for something to happen; false if nothing more will be begun. */
  async #step(): Promise<boolean> {
    const { limit, durationMs, concurrency, speed, onProgress } = this.#options;
    this.#progress(false);
    if (this.#running >= concurrency) {
      await this.#news.wait();
      return true;
    }
    const next = this.#agenda.next();
    if (next === undefined) return this.#waitForRows();
    if (this.#tally.begun >= limit) return this.#endBy("limit");
    const now = this.#clock.now();
    const last = (this.#tally.startedAt ?? now) + durationMs;
    if (now >= last) return this.#endBy("duration");
    const waits = speed !== Number.POSITIVE_INFINITY;
    if (waits && next.due > now) {
      const longest = onProgress === undefined ? LONGEST_QUIET_SLEEP_MS : LONGEST_SLEEP_MS;
      await this.#alarm.sleep(Math.min(next.due, last), longest);
      return true;
    }
    this.#take();
    this.#tally.began(next.operation, now, waits ? next.due : undefined);
    this.#begin(next.operation, now);
    return true;
  }

  /** Waits until there is something to begin, if there ever will be. */
  async #waitForRows(): Promise<boolean> {
    if (this.#feed.window.isComplete && this.#running === 0) return false;
    await this.#news.wait();
    return true;
  }

  #take(): void {
    this.#agenda.take();
    this.#feed.roomMade();
  }

  #begin(operation: PlannedOperation, now: number): void {
    this.#running++;
    this.#perform(operation, now)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#running--;
        this.#agenda.ended(operation, this.#clock.now());
        this.#wake();
      });
  }

  async #perform(operation: PlannedOperation, begunAt: number): Promise<void> {
    const { onOperation } = this.#options;
    const { row, target } = operation;
    let moved: Awaited<ReturnType<typeof performOperation>>;
    try {
      const store = await this.#store(target.uri);
      moved = await performOperation(operation, store, this.#context);
    } catch (error) {
      await this.#failed(operation, toLodeError(error, row.op, `${target.uri}/${target.key}`));
      return;
    }
    const at = this.#clock.now();
    if (typeof moved === "string") {
      this.#tally.skippedLate(operation, moved, at);
      await onOperation?.({ row, status: "skipped", reason: moved });
    } else {
      this.#tally.ended(operation, moved, begunAt, at);
      await onOperation?.({ row, status: "done", target, bytes: moved.bytes });
    }
  }

  async #failed(operation: PlannedOperation, error: LodeError): Promise<void> {
    const { signal, onOperation, failFast } = this.#options;
    const { row, target } = operation;
    if (signal?.aborted) {
      this.#tally.cancelled++;
      await onOperation?.({ row, status: "cancelled", target });
      return;
    }
    this.#tally.failedWith(operation, error, this.#clock.now());
    if (failFast === true) this.#fail(error);
    await onOperation?.({ row, status: "failed", target, error });
  }

  /** A store that cannot be opened ends the replay: everything that goes there would fail. */
  async #store(uri: string): Promise<ObjectStore> {
    try {
      return await this.#stores.store(uri);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= toLodeError(error, "replay");
  }

  #hasEnded(): boolean {
    return this.#failure !== undefined || this.#options.signal?.aborted === true;
  }

  #endBy(what: "limit" | "duration"): false {
    this.#endedBy = what;
    return false;
  }

  #wake(): void {
    this.#news.call();
    const { until } = this.#alarm;
    if (until === undefined) return;
    const due = this.#agenda.next()?.due ?? Number.POSITIVE_INFINITY;
    if (this.#hasEnded() || due < until) this.#alarm.ring();
  }

  /** Stores in memory answer without a turn of the event loop, which timers and signals need. */
  async #letOthersRun(): Promise<void> {
    if (performance.now() - this.#turnAt < TURN_MS) return;
    await turn();
    this.#turnAt = performance.now();
  }

  #progress(always: boolean): void {
    const { onProgress } = this.#options;
    const now = this.#clock.now();
    if (onProgress === undefined || (!always && now - this.#toldAt < PROGRESS_MS)) return;
    this.#toldAt = now;
    const { begun, done, failed, bytes, latenessMs, startedAt = now } = this.#tally;
    const seconds = (now - startedAt) / 1000;
    onProgress({ begun, running: this.#running, done, failed, bytes, seconds, latenessMs });
  }
}

/** Replays a log; see {@link Replay}. */
export function replay(
  batches: AsyncIterable<readonly OpLogEntry[]>,
  options: ReplayOptions,
): Promise<ReplayResult> {
  return new Replay(options).run(batches);
}
