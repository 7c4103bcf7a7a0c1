import { access, mkdtemp, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LodeError, throwIfAborted } from "../errors.js";
import type { OpLogColumns } from "./columns.js";
import type { OpLogEntry } from "./entry.js";
import { type OpLogStats, OpLogWriter } from "./writer.js";

export interface WriteOpLogOptions {
  /** Default 13. */
  readonly columns?: OpLogColumns | undefined;
  /** Take the place of a file that is there, in place of throwing `already-exists`. */
  readonly replace?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many rows are written. */
  readonly onWritten?: ((rows: number) => void) | undefined;
}

/**
 * Writes rows as a log, numbered anew. The file appears when all is done, whole or not at all.
 * Throws `already-exists`, `invalid-config` where it cannot be written, `aborted`, and what `rows`
 * throws.
 */
export async function writeOpLog(
  rows: AsyncIterable<readonly OpLogEntry[]>,
  target: string,
  options: WriteOpLogOptions = {},
): Promise<OpLogStats> {
  return publishLog(target, options.replace === true, (folder) =>
    writeRows(join(folder, "log"), rows, options),
  );
}

/**
 * Gives the target the log that `make` writes somewhere into a folder of its own, beside the target,
 * which is gone in the end.
 */
export async function publishLog(
  target: string,
  replace: boolean,
  make: (folder: string) => Promise<OpLogStats>,
): Promise<OpLogStats> {
  if (!replace && (await isThere(target))) {
    throw new LodeError({
      code: "already-exists",
      message: `${target} is there already; remove it or name another file for the log`,
    });
  }
  const folder = await writing(target, () =>
    // Names that begin so are seen by no store.
    mkdtemp(join(dirname(target), ".lode-oplog-")),
  );
  try {
    const stats = await make(folder);
    await writing(target, async () => {
      await rename(stats.path, target);
      await syncFolder(dirname(target));
    });
    return { ...stats, path: target };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes rows into a new file, which is incomplete until the end. */
export async function writeRows(
  path: string,
  rows: AsyncIterable<readonly OpLogEntry[]>,
  { columns, signal, onWritten }: Omit<WriteOpLogOptions, "replace">,
): Promise<OpLogStats> {
  const writer = await OpLogWriter.create(path, { columns, lossless: true });
  try {
    for await (const batch of rows) {
      throwIfAborted(signal, "write");
      for (const row of batch) writer.append(row);
      await writer.flush();
      onWritten?.(writer.stats.rows);
    }
  } catch (error) {
    await writer.close();
    throw error;
  }
  return writer.close();
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw cannotWrite(path, error);
  }
}

/** A loss of power does not undo the new name. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writing<T>(target: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cannotWrite(target, cause);
  }
}

function cannotWrite(target: string, cause: unknown): LodeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LodeError({
    code: "invalid-config",
    message: `the log ${target} cannot be written: ${reason}`,
    cause,
  });
}
