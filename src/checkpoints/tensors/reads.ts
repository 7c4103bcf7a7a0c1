import { type Runs, runCount, visitRuns } from "./runs.js";

/** Some of the runs that go into one array, which lie close together in a file. */
export interface ReadCopy {
  /** Index of the array. */
  readonly array: number;
  readonly runs: Runs;
  /** Numbers of its runs: `firstRun` up to and without `endRun`. */
  readonly firstRun: number;
  readonly endRun: number;
  /** Their place in the file, with the gaps between them. */
  readonly start: number;
  readonly end: number;
}

/** One range of a shard to read, and where its bytes go. */
export interface PlannedRead {
  readonly shard: number;
  readonly start: number;
  readonly end: number;
  readonly copies: readonly ReadCopy[];
}

export interface ReadLimits {
  /** Bytes between wanted ones that are read along rather than asked around. */
  readonly gapBytes: number;
  /** Bytes of one read. */
  readonly readBytes: number;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Whether bytes are read together with some before them: not far off, and not from another multiple of a read on. */
function joins(before: Range, next: Range, { gapBytes, readBytes }: ReadLimits): boolean {
  return (
    next.start - before.end <= gapBytes &&
    next.end - before.start <= readBytes &&
    Math.floor(next.start / readBytes) === Math.floor(before.start / readBytes)
  );
}

/** The copies of some runs, each as long as gaps and the size of a read allow. */
export function copiesOf(array: number, runs: Runs, limits: ReadLimits): ReadCopy[] {
  const found: ReadCopy[] = [];
  const count = runCount(runs);
  let [firstRun, start, end] = [0, runs.source, runs.source];
  let run = 0;
  visitRuns(runs, 0, count, (source) => {
    const next = source + runs.bytes;
    if (!joins({ start, end }, { start: source, end: next }, limits)) {
      found.push({ array, runs, firstRun, endRun: run, start, end });
      [firstRun, start] = [run, source];
    }
    end = next;
    run++;
  });
  found.push({ array, runs, firstRun, endRun: count, start, end });
  return found;
}

/** Joins the copies of one shard to reads, in the order of the file. */
export function joinReads(
  shard: number,
  copies: readonly ReadCopy[],
  limits: ReadLimits,
): PlannedRead[] {
  const sorted = copies.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const reads: { shard: number; start: number; end: number; copies: ReadCopy[] }[] = [];
  for (const copy of sorted) {
    const last = reads.at(-1);
    if (last !== undefined && joins(last, copy, limits)) {
      last.copies.push(copy);
      last.end = Math.max(last.end, copy.end);
    } else {
      reads.push({ shard, start: copy.start, end: copy.end, copies: [copy] });
    }
  }
  return reads;
}

/** Runs below this are copied byte by byte, which is quicker than a call. */
const SHORT_BYTES = 32;

/** Copies what was read from byte `start` of the file on to where it goes. */
export function applyCopy(
  copy: ReadCopy,
  bytes: Uint8Array,
  start: number,
  array: Uint8Array,
): void {
  const { runs, firstRun, endRun } = copy;
  const length = runs.bytes;
  visitRuns(runs, firstRun, endRun, (source, target) => {
    const from = source - start;
    if (length >= SHORT_BYTES) array.set(bytes.subarray(from, from + length), target);
    else for (let i = 0; i < length; i++) array[target + i] = bytes[from + i]!;
  });
}
