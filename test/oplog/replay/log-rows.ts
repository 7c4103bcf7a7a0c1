import type { OpLogEntry } from "../../../src/oplog/index.js";
import { entry } from "../sample-entries.js";

/** A row that begins so many milliseconds after a moment. */
export function rowAt(ms: number, more: Partial<OpLogEntry> = {}): OpLogEntry {
  const nanos = Math.round(ms * 1e6);
  const startSeconds = 1_753_644_605 + Math.floor(nanos / 1e9);
  const startNanos = nanos - Math.floor(nanos / 1e9) * 1e9;
  return entry({ file: "a", bytes: 0, startSeconds, startNanos, durationNs: 0, ...more });
}

/** The rows with their numbers, in batches as a reader gives them. */
export async function* log(
  rows: readonly OpLogEntry[],
  batchRows = 100,
): AsyncGenerator<OpLogEntry[]> {
  const numbered = rows.map((row, index) => ({ ...row, index }));
  for (let at = 0; at < numbered.length; at += batchRows) yield numbered.slice(at, at + batchRows);
}
