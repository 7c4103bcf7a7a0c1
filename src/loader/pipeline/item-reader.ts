import { ByteBudget, type Semaphore } from "../../core/index.js";
import { abortedError, throwIfAborted } from "../../errors.js";
import type { ItemLoader } from "./item-loader.js";
import type { ItemSource, ItemTask } from "./item-source.js";
import type { LoadingItem, Outcome } from "./loaded-item.js";
import { SizeEstimate } from "./size-estimate.js";
import { Wakeup } from "./wakeup.js";

export interface ItemReaderOptions<T, U> {
  readonly source: ItemSource<T>;
  readonly loader: ItemLoader<T, U>;
  /** Bounds the reads that run at a time. */
  readonly slots: Semaphore;
  readonly order: "stable" | "completion";
  readonly maxBytesInFlight: number;
  readonly batchSize: number;
  /** Batches that may wait, or be under way, beyond the one that is asked for. */
  readonly prefetch: number;
  /** How far an item may be ahead of the first one that is still loaded. */
  readonly reorderWindow: number;
  /** How many items are to be read at most. */
  readonly limit: number;
  /** True for positions that are left out. */
  readonly isDone: (position: number) => boolean;
  readonly signal: AbortSignal;
}

/**
 * Loads items ahead and gives them out in their order or as they complete. An item begins when all of these let it:
 * a free slot, the window of items, and the bytes. Only what a batch needs to become full goes beyond the bytes, since
 * nothing could be handed out otherwise.
 */
export class ItemReader<T, U> {
  readonly #options: ItemReaderOptions<T, U>;
  readonly #budget: ByteBudget;
  readonly #estimate = new SizeEstimate();
  readonly #room = new Wakeup();
  readonly #news = new Wakeup();
  /** In the order of the epoch, from the first that is not taken; by completion: that is not loaded. */
  readonly #inOrder: LoadingItem<T, U>[] = [];
  /** By completion: what is loaded and not taken. */
  readonly #complete: LoadingItem<T, U>[] = [];
  readonly #byCompletion: boolean;
  /** Items begun and not released. */
  #inFlight = 0;
  /** Of these, items without an outcome. */
  #loading = 0;
  #peakBytes = 0;
  #demanded = false;
  #begun = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: ItemReaderOptions<T, U>) {
    this.#options = options;
    this.#budget = new ByteBudget(options.maxBytesInFlight);
    this.#byCompletion = options.order === "completion";
    const wakeAll = () => {
      this.#room.wake();
      this.#news.wake();
    };
    options.signal.addEventListener("abort", wakeAll, { once: true });
  }

  /** The most bytes that were set aside at a time. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** Whether somebody waits for a batch: that widens the window by one. */
  set demanded(demanded: boolean) {
    this.#demanded = demanded;
    if (demanded) this.#room.wake();
  }

  /**
   * The next item, loaded or failed; undefined after the last. What is given must be ended by `release`. Throws `aborted`,
   * and the failure of the source: in the order of completion at once, else in its place.
   */
  async next(): Promise<LoadingItem<T, U> | undefined> {
    if (!this.#begun) {
      this.#begun = true;
      void this.#beginItems();
    }
    const { signal } = this.#options;
    await this.#news.until(
      () => signal.aborted || this.#failsNow() || this.#hasNext() || this.#isOver(),
    );
    if (signal.aborted) throw abortedError("load", undefined, signal.reason);
    if (this.#failsNow()) throw this.#failure?.error;
    return this.#byCompletion ? this.#complete.shift() : this.#inOrder.shift();
  }

  /** The item was handed out or is given up. */
  release(item: LoadingItem<T, U>): void {
    this.#inFlight--;
    this.#budget.release(item.held);
    this.#room.wake();
  }

  /** Counts bytes that are there beside the items. A negative number ends that. */
  hold(bytes: number): void {
    this.#budget.take(bytes);
    this.#peakBytes = Math.max(this.#peakBytes, this.#budget.held);
  }

  #hasNext(): boolean {
    if (this.#byCompletion) return this.#complete.length > 0;
    return this.#inOrder[0]?.outcome !== undefined;
  }

  #isOver(): boolean {
    return this.#ended && this.#loading === 0;
  }

  #failsNow(): boolean {
    if (this.#failure === undefined) return false;
    return this.#byCompletion || (this.#loading === 0 && !this.#hasNext());
  }

  /** Never throws. */
  async #beginItems(): Promise<void> {
    const { source, slots, limit, isDone, signal } = this.#options;
    try {
      for (let begun = 0; begun < limit; ) {
        await this.#room.until(() => signal.aborted || this.#inFlight < this.#window());
        throwIfAborted(signal, "load");
        const task = await source.next(signal);
        if (task === undefined) break;
        if (isDone(task.position)) continue;
        const held = this.#estimate.of(task.byteLength);
        await this.#room.until(() => signal.aborted || this.#admits(task, held));
        // Last of all: an item that is read again must find a slot, or it would hold up what waits here.
        const slot = await slots.acquire(1, signal);
        this.#begin({ task, held, outcome: undefined }, slot);
        begun++;
      }
    } catch (error) {
      this.#failure = { error };
    }
    this.#ended = true;
    this.#news.wake();
  }

  #window(): number {
    const { batchSize, prefetch } = this.#options;
    return batchSize * (this.#demanded ? prefetch + 1 : prefetch);
  }

  /** Sets the bytes aside if the item may begin. */
  #admits({ position }: ItemTask<T>, bytes: number): boolean {
    const { batchSize, reorderWindow } = this.#options;
    const first = this.#inOrder[0];
    if (this.#byCompletion && first !== undefined) {
      if (position - first.task.position >= reorderWindow) return false;
    }
    if (this.#inFlight < batchSize) {
      this.#budget.take(bytes);
      return true;
    }
    return this.#budget.tryAcquire(bytes);
  }

  #begin(item: LoadingItem<T, U>, slot: () => void): void {
    this.#inFlight++;
    this.#loading++;
    this.#peakBytes = Math.max(this.#peakBytes, this.#budget.held);
    this.#inOrder.push(item);
    const { loader, signal } = this.#options;
    void loader.load(item.task, slot, signal).then((outcome) => this.#settle(item, outcome));
  }

  #settle(item: LoadingItem<T, U>, outcome: Outcome<U>): void {
    item.outcome = outcome;
    this.#loading--;
    const { byteLength } = item.task;
    const held = "value" in outcome ? outcome.held : 0;
    if ("value" in outcome) this.#estimate.learn(byteLength, held);
    this.hold(held - item.held);
    item.held = held;
    if (this.#byCompletion) {
      this.#complete.push(item);
      while (this.#inOrder[0]?.outcome !== undefined) this.#inOrder.shift();
    }
    this.#room.wake();
    this.#news.wake();
  }
}
