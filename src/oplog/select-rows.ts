import { compileGlob } from "../core/index.js";
import { LodeError } from "../errors.js";
import type { OpLogEntry } from "./entry.js";
import { parseTimestamp } from "./timestamp.js";

/** Which rows are wanted: those that meet all criteria. */
export interface RowCriteria {
  /** Operations, any of them, in any case. */
  readonly ops?: readonly string[] | undefined;
  /** RFC 3339: requests that began then or later, and those that began before. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Only requests that failed. */
  readonly errors?: boolean | undefined;
  /** A glob for the whole file column. */
  readonly file?: string | undefined;
  /** Of the rows that meet the criteria, the first so many, or the last in place of them. */
  readonly first?: number | undefined;
  readonly last?: number | undefined;
}

/** The rows that are wanted, in their order. Throws `invalid-argument` for bad criteria. */
export async function* selectRows(
  batches: AsyncIterable<readonly OpLogEntry[]>,
  criteria: RowCriteria,
): AsyncGenerator<readonly OpLogEntry[], void, undefined> {
  const { first = Number.POSITIVE_INFINITY, last } = criteria;
  const wanted = matcher(criteria);
  let left = first;
  let latest: OpLogEntry[] = [];
  for await (const batch of batches) {
    const rows = batch.filter(wanted);
    if (last !== undefined) {
      for (const row of rows) latest.push(row);
      // Not at every batch: each cut copies what is kept.
      if (latest.length > 2 * last) latest = latest.slice(latest.length - last);
      continue;
    }
    if (rows.length > 0) yield rows.slice(0, left);
    left -= rows.length;
    if (left <= 0) return;
  }
  if (last !== undefined && latest.length > 0) yield latest.slice(-last);
}

function matcher(criteria: RowCriteria): (row: OpLogEntry) => boolean {
  const tests: ((row: OpLogEntry) => boolean)[] = [];
  const { ops, since, until, errors, file } = criteria;
  const { first, last } = criteria;
  if (first !== undefined && last !== undefined) {
    throw invalid("the first rows or the last can be had, not both");
  }
  if ((first ?? 1) < 1 || (last ?? 1) < 1) throw invalid("give a number of rows from 1");
  if (ops !== undefined && ops.length > 0) {
    const words = new Set(ops.map((op) => op.toUpperCase()));
    tests.push((row) => words.has(row.op.toUpperCase()));
  }
  if (since !== undefined) {
    const beginsBefore = startsBefore(since);
    tests.push((row) => !beginsBefore(row));
  }
  if (until !== undefined) tests.push(startsBefore(until));
  if (errors === true) tests.push((row) => row.error !== "");
  if (file !== undefined) {
    const glob = compileGlob(file);
    tests.push((row) => glob.matches(row.file));
  }
  return (row) => tests.every((test) => test(row));
}

function startsBefore(text: string): (row: OpLogEntry) => boolean {
  const time = parseTimestamp(text);
  if (time === undefined) {
    throw invalid(`${JSON.stringify(text)} is no time: write it as 2026-11-21T01:05:18.5Z`);
  }
  const { seconds, nanos } = time;
  return (row) =>
    row.startSeconds < seconds || (row.startSeconds === seconds && row.startNanos < nanos);
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
