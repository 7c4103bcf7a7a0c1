import type { ErrorCode, LodeError } from "../../errors.js";
import { nanosBetween, type OpLogEntry } from "../entry.js";
import { LatencyHistogram } from "../summary/index.js";
import type { Moved } from "./perform-operation.js";
import type { PlannedOperation } from "./plan-operation.js";
import type { ReplayResult, TimeFigures } from "./replay-result.js";
import type { SkipReason } from "./words.js";

/** Words told apart; a log may have any number of them. */
const MAX_WORDS = 100;
const OTHER_WORDS = "(other)";

/** Later than this is late, in milliseconds. */
const LATE_MS = 10;

class WordTally {
  planned = 0;
  plannedBytes = 0;
  done = 0;
  failed = 0;
  skipped = 0;
  bytes = 0;
  latency: LatencyHistogram | undefined;
  readonly skips = new Map<SkipReason, number>();
}

/** Counts what becomes of rows. Times are milliseconds of the replay's clock. */
export class Tally {
  rows = 0;
  leftOut = 0;
  begun = 0;
  done = 0;
  failed = 0;
  cancelled = 0;
  bytes = 0;
  latenessMs = 0;
  startedAt: number | undefined;
  readonly #words = new Map<string, WordTally>();
  readonly #targets = new Map<string, { operations: number; bytes: number }>();
  readonly #failures = new Map<ErrorCode, { operations: number; example: string }>();
  readonly #lateness = new LatencyHistogram();
  #late = 0;
  #failedInLog = 0;
  #unknownKeys = 0;
  #differing = 0;
  #lastStart = 0;
  #lastEnd = 0;
  #first: OpLogEntry | undefined;
  #spanNanos = 0;

  skipped({ op }: OpLogEntry, reason: SkipReason): void {
    const word = this.#word(op);
    word.skipped++;
    word.skips.set(reason, (word.skips.get(reason) ?? 0) + 1);
  }

  /** A row is to be replayed. */
  planned({ row }: PlannedOperation): void {
    const word = this.#word(row.op);
    word.planned++;
    word.plannedBytes += row.bytes;
    if (row.op === "DELETE") this.#unknownKeys += Math.max(0, row.objects - 1);
  }

  /** An operation begins, or would begin in a dry run. */
  began({ row, target }: PlannedOperation, at: number, due: number | undefined): void {
    this.begun++;
    this.startedAt ??= at;
    this.#lastStart = at;
    this.#first ??= row;
    this.#spanNanos = Math.max(this.#spanNanos, nanosBetween(this.#first, row));
    const figures = this.#targets.get(target.uri) ?? { operations: 0, bytes: 0 };
    figures.operations++;
    figures.bytes += row.bytes;
    this.#targets.set(target.uri, figures);
    if (due === undefined) return;
    this.latenessMs = Math.max(0, at - due);
    this.#lateness.record(Math.round(this.latenessMs * 1e6));
    if (this.latenessMs > LATE_MS) this.#late++;
  }

  ended({ row }: PlannedOperation, moved: Moved, begunAt: number, at: number): void {
    const word = this.#word(row.op);
    this.done++;
    this.bytes += moved.bytes;
    word.done++;
    word.bytes += moved.bytes;
    word.latency ??= new LatencyHistogram();
    word.latency.record(Math.max(0, Math.round((at - begunAt) * 1e6)));
    this.#lastEnd = at;
    const differs =
      row.op === "GET"
        ? moved.bytes !== row.bytes
        : row.op === "LIST" && moved.objects !== row.objects;
    if (differs && row.error === "") this.#differing++;
  }

  failedWith({ row }: PlannedOperation, error: LodeError, at: number): void {
    this.failed++;
    if (row.error !== "") this.#failedInLog++;
    this.#word(row.op).failed++;
    this.#lastEnd = at;
    const known = this.#failures.get(error.code);
    if (known !== undefined) known.operations++;
    else this.#failures.set(error.code, { operations: 1, example: error.message });
  }

  /** An operation that had begun could not be done after all. */
  skippedLate({ row }: PlannedOperation, reason: SkipReason, at: number): void {
    this.begun--;
    const word = this.#word(row.op);
    word.planned--;
    word.plannedBytes -= row.bytes;
    this.#lastEnd = at;
    this.skipped(row, reason);
  }

  result(
    facts: Pick<ReplayResult, "dryRun" | "outOfOrder" | "uploads" | "endedBy"> & {
      readonly speed: number;
      readonly waiting: number;
    },
  ): ReplayResult {
    const { speed, waiting, ...rest } = facts;
    const words = [...this.#words].map(([op, { latency, skips: _, ...word }]) => ({
      op,
      ...word,
      ...(latency === undefined ? {} : { latencyNs: figuresOf(latency) }),
    }));
    words.sort((a, b) => b.planned + b.skipped - (a.planned + a.skipped));
    const sum = (count: "planned" | "skipped") =>
      words.reduce((total, word) => total + word[count], 0);
    const skips = [...this.#words].flatMap(([op, word]) =>
      [...word.skips].map(([reason, rows]) => ({ op, reason, rows })),
    );
    const since = (moment: number) => Math.max(0, moment - (this.startedAt ?? moment)) / 1000;
    return {
      ...rest,
      rows: this.rows,
      leftOut: this.leftOut,
      planned: sum("planned"),
      begun: this.begun,
      done: this.done,
      failed: this.failed,
      failedInLog: this.#failedInLog,
      skipped: sum("skipped"),
      cancelled: this.cancelled,
      notBegun: waiting,
      bytes: this.bytes,
      words,
      targets: [...this.#targets].map(([uri, figures]) => ({ uri, ...figures })),
      skips,
      failures: [...this.#failures].map(([code, failure]) => ({ code, ...failure })),
      unknownKeys: this.#unknownKeys,
      differing: this.#differing,
      plannedSeconds: this.#spanNanos / 1e9 / speed,
      startSeconds: since(this.#lastStart),
      seconds: since(Math.max(this.#lastStart, this.#lastEnd)),
      ...(this.#lateness.count === 0
        ? {}
        : {
            lateness: {
              ...figuresOf(this.#lateness),
              lateShare: this.#late / this.#lateness.count,
            },
          }),
    };
  }

  #word(op: string): WordTally {
    let word = this.#words.get(op);
    if (word !== undefined) return word;
    const name = this.#words.size < MAX_WORDS ? op : OTHER_WORDS;
    word = this.#words.get(name) ?? new WordTally();
    this.#words.set(name, word);
    return word;
  }
}

function figuresOf(histogram: LatencyHistogram): TimeFigures {
  return {
    p50: histogram.quantile(0.5),
    p90: histogram.quantile(0.9),
    p99: histogram.quantile(0.99),
    max: histogram.max,
  };
}
