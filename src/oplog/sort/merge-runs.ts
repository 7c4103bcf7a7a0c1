import type { OpLogEntry } from "../entry.js";

/** Rows of a batch that comes out. */
const BATCH_ROWS = 1024;

/** Rows in the order of their starts, in batches. */
export type SortedRows = AsyncIterable<readonly OpLogEntry[]>;

/** Order of starts alone: rows that begin together keep the order that they come in. */
export function compareStartTimes(a: OpLogEntry, b: OpLogEntry): number {
  return a.startSeconds - b.startSeconds || a.startNanos - b.startNanos;
}

/** Where a run is being read. */
class RunCursor {
  row: OpLogEntry | undefined;
  readonly #batches: AsyncIterator<readonly OpLogEntry[]>;
  #batch: readonly OpLogEntry[] = [];
  #at = 0;

  constructor(run: SortedRows) {
    this.#batches = run[Symbol.asyncIterator]();
  }

  /** Goes to the next row within the batch; false if the next one must be loaded. */
  step(): boolean {
    this.row = this.#batch[++this.#at];
    return this.row !== undefined;
  }

  /** Goes to the first row of the next batch, if there is any. */
  async load(): Promise<void> {
    const { value, done } = await this.#batches.next();
    this.#batch = done === true ? [] : value;
    this.#at = 0;
    this.row = this.#batch[0];
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }
}

/**
 * The rows of sorted runs in the order of their starts, in batches; among equal starts an earlier
 * run's come first. Holds a batch of each. Batches of runs are never empty.
 */
export async function* mergeRuns(
  runs: readonly SortedRows[],
): AsyncGenerator<OpLogEntry[], void, undefined> {
  const cursors = runs.map((run) => new RunCursor(run));
  try {
    for (const cursor of cursors) await cursor.load();
    let merged: OpLogEntry[] = [];
    for (;;) {
      const [first, second] = firstTwo(cursors);
      if (first?.row === undefined) break;
      // Logs are nearly sorted: many rows of one run follow each other.
      while (first.row !== undefined && goesBefore(first, second, cursors)) {
        merged.push(first.row);
        if (merged.length >= BATCH_ROWS) {
          yield merged;
          merged = [];
        }
        if (!first.step()) await first.load();
      }
    }
    if (merged.length > 0) yield merged;
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close()));
  }
}

function goesBefore(
  first: RunCursor,
  second: RunCursor | undefined,
  cursors: readonly RunCursor[],
): boolean {
  if (first.row === undefined || second?.row === undefined) return true;
  const order = compareStartTimes(first.row, second.row);
  return order < 0 || (order === 0 && cursors.indexOf(first) < cursors.indexOf(second));
}

/** The cursors at the least row and at the least of the others; the earlier of equal ones. */
function firstTwo(
  cursors: readonly RunCursor[],
): [first: RunCursor | undefined, second: RunCursor | undefined] {
  let first: RunCursor | undefined;
  let second: RunCursor | undefined;
  for (const cursor of cursors) {
    if (cursor.row === undefined) continue;
    if (first?.row === undefined || compareStartTimes(cursor.row, first.row) < 0) {
      second = first;
      first = cursor;
    } else if (second?.row === undefined || compareStartTimes(cursor.row, second.row) < 0) {
      second = cursor;
    }
  }
  return [first, second];
}
