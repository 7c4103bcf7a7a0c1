import { abortable } from "../../core/index.js";
import { isLodeError, type LodeError, toLodeError } from "../../errors.js";
import type { OpLogEntry } from "../../oplog/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { requireObjectKey } from "./require-object-key.js";
import { explainMissing } from "./resolve-source.js";

/** How far a log has been read. */
export interface LogProgress {
  /** As it is stored. */
  readonly bytes: number;
  /** Absent for standard input. */
  readonly totalBytes?: number | undefined;
  readonly rows: number;
  readonly seconds: number;
}

/** How logs are read, and how that is watched. */
export interface LogOptions {
  /** What `-` names. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** Told at most ten times a second. */
  readonly onProgress?: ((log: string, progress: LogProgress) => void) | undefined;
  /** Told after the rows that the log broke off. Without it that is an error. */
  readonly onTruncated?: ((log: string, error: LodeError) => void) | undefined;
  /** Told after the rows how many the log's writer had to drop, if any. */
  readonly onDropped?: ((log: string, rows: number) => void) | undefined;
}

const PROGRESS_MS = 100;

/**
 * The rows of an operation log in batches: a path, the URI of an object in any store, or `-` for
 * standard input. Throws `not-found`, `corrupt-format`, `incomplete-read`, `aborted`.
 */
export async function* readLog(
  app: AppContext,
  log: string,
  options: LogOptions = {},
): AsyncGenerator<OpLogEntry[], void, undefined> {
  const { onProgress, onTruncated, onDropped } = options;
  const { readOpLog } = await import("../../oplog/index.js");
  const startedAt = performance.now();
  let bytes = 0;
  let rows = 0;
  let toldAt = startedAt;
  try {
    const { chunks, totalBytes } = await openLog(app, log, options.stdin);
    const batches = readOpLog(
      counted(chunks, (more) => (bytes += more)),
      {
        signal: app.signal,
        onTruncated: onTruncated && ((error) => onTruncated(log, error)),
        onDropped: onDropped && ((dropped) => onDropped(log, dropped)),
      },
    );
    for await (const batch of batches) {
      rows += batch.length;
      const now = performance.now();
      if (now - toldAt >= PROGRESS_MS) {
        toldAt = now;
        onProgress?.(log, { bytes, totalBytes, rows, seconds: (now - startedAt) / 1000 });
      }
      yield batch;
    }
  } catch (error) {
    throw toLodeError(error, "read", log);
  }
}

async function openLog(
  app: AppContext,
  log: string,
  stdin: AsyncIterable<Uint8Array> | undefined,
): Promise<{ chunks: AsyncIterable<Uint8Array>; totalBytes?: number }> {
  const { signal } = app;
  // A pipe may be silent for long: an abort is heard all the same.
  if (log === "-" && stdin !== undefined) return { chunks: abortable(stdin, signal, "read") };
  const location = locationOf(log, app.config.cwd);
  const { store, key } = await app.stores.locate(location);
  requireObjectKey(location, key);
  try {
    const { body, meta } = await store.get(key, { signal });
    return { chunks: body, totalBytes: meta.size };
  } catch (error) {
    if (!isLodeError(error, "not-found")) throw error;
    throw (await explainMissing(app, log)) ?? error;
  }
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}
