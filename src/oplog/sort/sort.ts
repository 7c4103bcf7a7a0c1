import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { throwIfAborted } from "../../errors.js";
import type { OpLogColumns } from "../columns.js";
import type { OpLogEntry } from "../entry.js";
import { readOpLog } from "../reader.js";
import { publishLog, type WriteOpLogOptions, writeRows } from "../write-log.js";
import type { OpLogStats } from "../writer.js";
import { compareStartTimes, mergeRuns, type SortedRows } from "./merge-runs.js";

/** What a row takes in memory besides its key and error, and a character of those, in bytes. */
const ROW_BYTES = 400;
const CHARACTER_BYTES = 2;

export interface SortOpLogOptions extends Omit<WriteOpLogOptions, "columns"> {
  /** Rows in memory at a time, in bytes as they take there. Default 64 MiB. */
  readonly memoryBytes?: number | undefined;
  /** Runs that are merged at a time, at least 2. Default 32. */
  readonly fanIn?: number | undefined;
}

/**
 * Writes the rows of a log to `target` in the order of their starts, numbered anew; rows that begin
 * together keep their order. Takes logs of any size in bounded memory: sorted runs of rows wait in a
 * folder beside the target. The target appears when all is done, whole or not at all, and with
 * `replace` may be the log itself. It has 15 columns if any row needs them, else 13. Throws as
 * `writeOpLog` does.
 */
export async function sortOpLog(
  rows: AsyncIterable<readonly OpLogEntry[]>,
  target: string,
  options: SortOpLogOptions = {},
): Promise<OpLogStats> {
  const { signal, onWritten } = options;
  return publishLog(target, options.replace === true, async (folder) => {
    const { runs, last, columns } = await splitIntoRuns(rows, folder, options);
    const files = await mergeDownTo(Math.max(2, options.fanIn ?? 32), runs, folder, signal);
    const sources = [...files.map((path) => readRun(path, signal)), inMemory(last)];
    const sorted = mergeRuns(sources);
    return writeRows(join(folder, "sorted"), sorted, { columns, signal, onWritten });
  });
}

/** Sorts rows as they come. What fills the memory becomes a file; the last run stays in memory. */
async function splitIntoRuns(
  rows: AsyncIterable<readonly OpLogEntry[]>,
  folder: string,
  { memoryBytes = 64 * 2 ** 20, signal }: SortOpLogOptions,
): Promise<{ runs: string[]; last: OpLogEntry[]; columns: OpLogColumns }> {
  const runs: string[] = [];
  let last: OpLogEntry[] = [];
  let bytes = 0;
  let columns: OpLogColumns = 13;
  for await (const batch of rows) {
    throwIfAborted(signal, "sort");
    if (bytes >= memoryBytes) {
      const path = join(folder, `run-${runs.length}`);
      const run = inMemory(last.sort(compareStartTimes));
      await writeRows(path, run, { columns: 15, signal });
      runs.push(path);
      last = [];
      bytes = 0;
    }
    for (const row of batch) {
      last.push(row);
      bytes += ROW_BYTES + CHARACTER_BYTES * (row.file.length + row.error.length);
      if (row.lastByteNs !== undefined || row.categories !== undefined) columns = 15;
    }
  }
  return { runs, last: last.sort(compareStartTimes), columns };
}

/** Merges neighbouring runs, which keeps the order of equal starts, until there are few enough. */
async function mergeDownTo(
  fanIn: number,
  runs: readonly string[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  let files = runs;
  for (let pass = 0; files.length > fanIn; pass++) {
    const merged: string[] = [];
    for (let from = 0; from < files.length; from += fanIn) {
      const group = files.slice(from, from + fanIn);
      const path = join(folder, `pass-${pass}-${merged.length}`);
      const sources = group.map((run) => readRun(run, signal));
      await writeRows(path, mergeRuns(sources), { columns: 15, signal });
      for (const run of group) await rm(run);
      merged.push(path);
    }
    files = merged;
  }
  return files;
}

/** The file is opened when the first row is asked for, and closed in the end. */
async function* readRun(path: string, signal: AbortSignal | undefined): SortedRows {
  yield* readOpLog(createReadStream(path), { signal, batchRows: 1024 });
}

async function* inMemory(rows: readonly OpLogEntry[]): SortedRows {
  for (let from = 0; from < rows.length; from += 4096) yield rows.slice(from, from + 4096);
}
