import type { ErrorCode } from "../../errors.js";
import type { SkipReason } from "./words.js";

/** Quantiles of nearest rank and the greatest, in nanoseconds. */
export interface TimeFigures {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What became of the rows of one word; `(other)` for all words after the first hundred. */
export interface ReplayedWord {
  readonly op: string;
  /** Rows to be replayed: those done, failed, cancelled and not begun. */
  readonly planned: number;
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
  /** Of the planned rows by the log. */
  readonly plannedBytes: number;
  /** Of payload that was moved by those done. */
  readonly bytes: number;
  /** Of those done; absent if none was. */
  readonly latencyNs?: TimeFigures | undefined;
}

/** What went to one store. */
export interface ReplayedTarget {
  readonly uri: string;
  readonly operations: number;
  /** By the log. */
  readonly bytes: number;
}

/** How late operations began: after their time came, so with the wait for a slot. */
export interface LatenessFigures extends TimeFigures {
  /** Share of the operations, 0 to 1, that began more than 10 ms late. */
  readonly lateShare: number;
}

export interface ReplayResult {
  readonly dryRun: boolean;
  /** Rows read: each was left out, skipped, done, failed, cancelled or not begun. */
  readonly rows: number;
  /** Rows that the selection leaves out. */
  readonly leftOut: number;
  readonly planned: number;
  /** Of the planned ones. In a dry run those that would be begun. */
  readonly begun: number;
  readonly done: number;
  readonly failed: number;
  /** Of the failed ones, those that failed in the log too. */
  readonly failedInLog: number;
  readonly skipped: number;
  /** Under way as the replay was ended. */
  readonly cancelled: number;
  /** Read, and not begun when the replay ended. */
  readonly notBegun: number;
  readonly bytes: number;
  /** By word, those with the most rows first. */
  readonly words: readonly ReplayedWord[];
  readonly targets: readonly ReplayedTarget[];
  readonly skips: readonly {
    readonly op: string;
    readonly reason: SkipReason;
    readonly rows: number;
  }[];
  readonly failures: readonly {
    readonly code: ErrorCode;
    readonly operations: number;
    /** The message of the first one. */
    readonly example: string;
  }[];
  /** Rows that came too late to be begun in order; see `windowRows`. */
  readonly outOfOrder: number;
  /** Keys of deletes of many: a log tells the first one only. */
  readonly unknownKeys: number;
  /** Reads and listings that moved another number of bytes or objects than in the log. */
  readonly differing: number;
  /** Uploads that the log left unfinished, and that were completed or aborted in the end. */
  readonly uploads: { readonly completed: number; readonly aborted: number };
  /** From the first start to the last one in the log, divided by the speed (0 for `max`). */
  readonly plannedSeconds: number;
  /** From the first start to the last one in the replay: as `plannedSeconds` if it kept the time. */
  readonly startSeconds: number;
  /** From the first start to the end of the last operation. */
  readonly seconds: number;
  /** Absent for a dry run and for speed `max`, where nothing has a time to be late for. */
  readonly lateness?: LatenessFigures | undefined;
  /** What ended it before the end of the log. */
  readonly endedBy?: "limit" | "duration" | undefined;
}

export interface ReplayProgress {
  readonly begun: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  readonly bytes: number;
  readonly seconds: number;
  /** How late the last operation began, in milliseconds. */
  readonly latenessMs: number;
}
