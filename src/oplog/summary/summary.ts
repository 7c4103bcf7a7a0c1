import type { OpLogEntry } from "../entry.js";
import { formatTimestamp } from "../timestamp.js";
import { BoundedTally } from "./bounded-tally.js";
import { type OpSeries, OpSeriesTally } from "./op-series.js";
import { type OpFigures, OpTally } from "./op-tally.js";
import { WorkerNumbers } from "./worker-set.js";

const SECOND = 1e9;
/** Operations that are told apart; further ones are counted as {@link OTHER}. */
const MAX_OPS = 64;
const OTHER = "OTHER";
const MAX_NAMES = 4096;

/** What polarWarp calls META: requests about objects, not for their bytes. */
const META = "META";
const META_OPS = new Set(["LIST", "STAT", "HEAD", "DELETE"]);

export interface OpLogSummaryOptions {
  /** Count LIST, STAT, HEAD and DELETE together as META, as polarWarp does. */
  readonly meta?: boolean | undefined;
  /** Gather the series for plots too. */
  readonly series?: boolean | undefined;
}

/** A run, as its logs tell of it. */
export interface OpLogSummary {
  readonly logs: number;
  /** When the first request began and the last one ended, as RFC 3339; absent without requests. */
  readonly start?: string;
  readonly end?: string;
  readonly seconds: number;
  /** Requests, failed ones too. */
  readonly operations: number;
  readonly errors: number;
  /** Of the requests that succeeded. */
  readonly objects: number;
  readonly bytes: number;
  /** Of all clients together; at most 65,536 are told apart. */
  readonly threads: number;
  /** In the order of their characters, at most 4,096. */
  readonly clients: readonly string[];
  readonly endpoints: readonly string[];
  /** Rows that the programs that wrote the logs had to drop. */
  readonly dropped: number;
  /** A log broke off: its program was killed, or still runs. */
  readonly truncated: boolean;
  /** Those with the most requests first. */
  readonly ops: readonly OpFigures[];
  /** Only where it was asked for. */
  readonly series?: OpLogSeries;
}

/** The run along time, in at most 256 slots of the same width. */
export interface OpLogSeries {
  /** Begin of the first slot, as RFC 3339. */
  readonly start: string;
  readonly slotSeconds: number;
  readonly ops: Readonly<Record<string, OpSeries>>;
}

/** Sums up the rows of one or more logs in bounded memory, whatever their number. */
export class OpLogSummarizer {
  readonly #options: OpLogSummaryOptions;
  readonly #ops = new Map<string, OpTally>();
  readonly #workers = new WorkerNumbers();
  readonly #clients = new BoundedTally(MAX_NAMES);
  readonly #endpoints = new BoundedTally(MAX_NAMES);
  #client: string | undefined;
  #endpoint: string | undefined;
  #op: string | undefined;
  #tally: OpTally | undefined;
  /** All times are counted from this second, that of the first row: exact for 104 days around it. */
  #origin: number | undefined;
  #operations = 0;
  #logs = 0;
  #dropped = 0;
  #truncated = false;

  constructor(options: OpLogSummaryOptions = {}) {
    this.#options = options;
  }

  /** The rows that follow are another program's: equal thread numbers are other threads. */
  beginLog(): void {
    this.#logs++;
    this.#workers.beginLog();
  }

  add(rows: readonly OpLogEntry[]): void {
    const origin = this.#origin ?? rows[0]?.startSeconds ?? 0;
    if (rows.length > 0) this.#origin = origin;
    this.#operations += rows.length;
    for (const row of rows) {
      if (row.clientId !== this.#client) {
        this.#client = row.clientId;
        this.#clients.add(row.clientId);
      }
      if (row.endpoint !== this.#endpoint) {
        this.#endpoint = row.endpoint;
        this.#endpoints.add(row.endpoint);
      }
      const tally = row.op === this.#op ? this.#tally! : this.#select(row.op);
      const start = (row.startSeconds - origin) * SECOND + row.startNanos;
      tally.add(row, start, this.#workers.numberOf(row.clientId, row.thread));
    }
  }

  /** Rows are known to be missing in the log. */
  addDropped(rows: number): void {
    this.#dropped += rows;
  }

  /** The log broke off. */
  markTruncated(): void {
    this.#truncated = true;
  }

  /** What was added so far. */
  summary(): OpLogSummary {
    const tallies = [...this.#ops.values()].sort((a, b) => b.requests - a.requests);
    const ops = tallies.map((tally) => tally.figures());
    const start = Math.min(...tallies.map((tally) => tally.start));
    const end = Math.max(...tallies.map((tally) => tally.end));
    const sum = (of: (op: OpFigures) => number) => ops.reduce((total, op) => total + of(op), 0);
    const series = this.#series(tallies);
    return {
      logs: this.#logs,
      ...(ops.length === 0 ? {} : { start: this.#timestamp(start), end: this.#timestamp(end) }),
      seconds: ops.length === 0 ? 0 : (end - start) / SECOND,
      operations: this.#operations,
      errors: sum((op) => op.errors),
      objects: sum((op) => op.objects),
      bytes: sum((op) => op.bytes),
      threads: this.#workers.count,
      clients: this.#clients.texts(),
      endpoints: this.#endpoints.texts(),
      dropped: this.#dropped,
      truncated: this.#truncated,
      ops,
      ...(series === undefined ? {} : { series }),
    };
  }

  #select(word: string): OpTally {
    const meta = this.#options.meta === true && META_OPS.has(word);
    const known = meta ? META : word;
    const op = this.#ops.has(known) || this.#ops.size < MAX_OPS ? known : OTHER;
    let tally = this.#ops.get(op);
    if (tally === undefined) {
      tally = new OpTally(op, this.#options.series === true);
      this.#ops.set(op, tally);
    }
    this.#op = word;
    this.#tally = tally;
    return tally;
  }

  #series(tallies: readonly OpTally[]): OpLogSeries | undefined {
    const gathered = tallies.flatMap(({ op, series }) =>
      series === undefined ? [] : [{ op, series }],
    );
    const frame = OpSeriesTally.frameOf(gathered.map(({ series }) => series));
    if (frame === undefined) return undefined;
    return {
      start: this.#timestamp(frame.first * frame.width),
      slotSeconds: frame.width / SECOND,
      ops: Object.fromEntries(gathered.map(({ op, series }) => [op, series.figures(frame)])),
    };
  }

  #timestamp(nanos: number): string {
    const seconds = Math.floor(nanos / SECOND);
    return formatTimestamp((this.#origin ?? 0) + seconds, nanos - seconds * SECOND);
  }
}
