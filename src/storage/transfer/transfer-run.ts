import { setMaxListeners } from "node:events";
import { abortedError, isLodeError, type LodeError, toLodeError } from "../../errors.js";
import { EventQueue } from "./event-queue.js";
import type { ItemEvent, SummaryEvent, TransferEvent, TransferFailure } from "./events.js";
import { Progress } from "./progress.js";
import type { RunOptions } from "./transfer-options.js";

/** Failures that the summary lists; all of them are told as items. */
const MAX_FAILURES_LISTED = 1000;

/** What the parts of one run share: its signal, its counts and the way to tell events. */
export class TransferRun {
  readonly dryRun: boolean;
  readonly progress: Progress;
  readonly #queue = new EventQueue<TransferEvent>();
  readonly #controller = new AbortController();
  readonly #failures: TransferFailure[] = [];
  readonly #warned = new Set<string>();

  constructor(options: RunOptions) {
    this.dryRun = options.dryRun ?? false;
    this.progress = new Progress(options.progressInterval ?? 100);
    // Every call in flight listens, and there are as many as the user asked for.
    setMaxListeners(0, this.#controller.signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
    this.#queue.unbound();
  }

  end(): void {
    this.#queue.close();
  }

  takeEvents(): Promise<TransferEvent[] | undefined> {
    return this.#queue.take();
  }

  /** Undefined, or what to await before more work is begun. */
  get backpressure(): Promise<void> | undefined {
    return this.#queue.full;
  }

  /** Adds to what is to do. `bytes` is undefined where the size is not known. */
  plan(objects: number, bytes: number | undefined): void {
    this.progress.totalObjects += objects;
    if (bytes === undefined) this.progress.unsized += objects;
    else this.progress.sizedBytes += bytes;
    this.#tellPlan();
  }

  /** The size of an object that was planned without one. */
  sized(bytes: number): void {
    const { progress } = this;
    progress.unsized--;
    progress.sizedBytes += bytes;
    if (progress.unsized === 0 && progress.planFinal) this.#tellPlan();
  }

  /** Says that nothing more will be added. */
  planDone(): void {
    this.progress.planFinal = true;
    this.#tellPlan();
  }

  #tellPlan(): void {
    const { totalObjects: objects, totalBytes: bytes, planFinal: final } = this.progress;
    if (!final && !this.progress.planDue()) return;
    this.#queue.push({ type: "plan", objects, bytes, final });
  }

  moved(bytes: number): void {
    this.progress.bytes += bytes;
    this.#tellProgress();
  }

  item(event: ItemEvent): void {
    const { progress } = this;
    if (event.status === "skipped") progress.skipped++;
    else if (event.status === "planned") progress.planned++;
    else if (event.status === "failed") progress.failed++;
    else if (event.action === "delete") progress.deleted++;
    else progress.copied++;
    if (event.error !== undefined && this.#failures.length < MAX_FAILURES_LISTED) {
      const uri = event.error.uri ?? event.source;
      this.#failures.push({ key: event.key, uri, error: event.error });
    }
    this.#queue.push(event);
    this.#tellProgress();
  }

  warn(code: string, message: string, key?: string): void {
    this.#queue.push({ type: "warning", code, message, key });
  }

  /** A warning that holds for the whole run. */
  warnOnce(code: string, message: string): void {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    this.warn(code, message);
  }

  #tellProgress(): void {
    const event = this.progress.due();
    if (event !== undefined) this.#queue.push(event);
  }

  summary(aborted: boolean): SummaryEvent {
    const { copied, deleted, skipped, failed, planned, bytes, resumedBytes } = this.progress;
    return {
      type: "summary",
      dryRun: this.dryRun,
      aborted,
      copied,
      deleted,
      skipped,
      failed,
      planned,
      bytes,
      resumedBytes,
      seconds: this.progress.seconds,
      failures: this.#failures,
    };
  }
}

/**
 * The events of `work`, ending in a summary. Begins when iterated. If the signal fires, or the reader
 * leaves, all work is cancelled and its clean-up awaited. After the summary the iteration throws
 * what stopped the run as a whole: `aborted`, or a listing's failure.
 */
export async function* runTransfer(
  options: RunOptions,
  work: (run: TransferRun) => Promise<void>,
): AsyncGenerator<TransferEvent, void, undefined> {
  const { signal } = options;
  if (signal?.aborted) throw abortedError("transfer", undefined, signal.reason);
  const run = new TransferRun(options);
  let stopped: LodeError | undefined;
  const onAbort = (): void => run.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const done = work(run)
    .catch((error: unknown) => {
      stopped = toLodeError(error, "transfer");
    })
    .finally(() => run.end());
  try {
    for (;;) {
      const events = await run.takeEvents();
      if (events === undefined) break;
      yield* events;
    }
    await done;
    if (run.signal.aborted && !isLodeError(stopped, "aborted")) {
      stopped = abortedError("transfer", undefined, signal?.reason);
    }
    yield run.summary(run.signal.aborted);
    if (stopped !== undefined) throw stopped;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    run.abort(new DOMException("the reader of the events has left", "AbortError"));
    await done;
  }
}
