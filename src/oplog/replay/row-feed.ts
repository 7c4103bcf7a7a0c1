import { abortable } from "../../core/index.js";
import type { OpLogEntry } from "../entry.js";
import { type PlannedOperation, planOperation } from "./plan-operation.js";
import type { ReplayOptions } from "./replay-options.js";
import { StartWindow } from "./start-window.js";
import type { Tally } from "./tally.js";
import { TargetMap } from "./target-map.js";
import { WakeUp } from "./wake-up.js";
import type { SkipReason } from "./words.js";

/** Rows read ahead of a full window, so that reading seldom holds up what is due. */
const ROWS_AHEAD = 8192;

/** Reads a log, plans its rows, and keeps the window filled with what is to be done. */
export class RowFeed {
  readonly window: StartWindow<PlannedOperation>;
  readonly #windowRows: number;
  readonly #options: ReplayOptions;
  readonly #tally: Tally;
  readonly #targets: TargetMap;
  readonly #ops: ReadonlySet<string> | undefined;
  readonly #room = new WakeUp();
  #stopped = false;

  constructor(options: ReplayOptions, windowRows: number, tally: Tally) {
    const { ops } = options;
    this.window = new StartWindow(windowRows);
    this.#windowRows = windowRows;
    this.#options = options;
    this.#tally = tally;
    this.#targets = new TargetMap(options);
    this.#ops = ops === undefined ? undefined : new Set(ops.map((op) => op.toUpperCase()));
  }

  /**
   * Reads to the end, or until `stop`, as the window has room; `onRows` is told of new rows. Throws
   * what the source throws, `aborted`, and `invalid-argument` where nobody said where a row goes.
   */
  async read(batches: AsyncIterable<readonly OpLogEntry[]>, onRows: () => void): Promise<void> {
    for await (const batch of abortable(batches, this.#options.signal, "replay")) {
      for (const row of batch) {
        const told = this.#take(row);
        if (told !== undefined) await told;
      }
      onRows();
      while (!this.#stopped && this.window.size >= this.#windowRows + ROWS_AHEAD) {
        await this.#room.wait();
      }
      if (this.#stopped) return;
    }
    this.window.complete();
  }

  /** Rows were taken out of the window. */
  roomMade(): void {
    this.#room.call();
  }

  stop(): void {
    this.#stopped = true;
    this.#room.call();
  }

  /** Counts the row and puts it into the window; a promise if somebody who was told takes time. */
  #take(row: OpLogEntry): Promise<void> | void {
    this.#tally.rows++;
    if (this.#ops?.has(row.op) === false) {
      this.#tally.leftOut++;
      return;
    }
    const plan = this.#plan(row);
    if (typeof plan === "string") {
      this.#tally.skipped(row, plan);
      return this.#options.onOperation?.({ row, status: "skipped", reason: plan });
    }
    this.#tally.planned(plan);
    this.window.add(plan);
  }

  #plan(row: OpLogEntry): PlannedOperation | SkipReason {
    if (this.#options.skipFailed === true && row.error !== "") return "failed-in-log";
    return planOperation(row, this.#targets);
  }
}
