import type { OpLogStats } from "../../oplog/index.js";
import type { AppContext } from "../app-context.js";
import { localPath } from "./local-path.js";
import { type LogOptions, readLog } from "./read-log.js";

export interface SortLogOptions extends LogOptions {
  /** Take the place of a file that is there, which may be the log itself. */
  readonly replace?: boolean | undefined;
  /** Told how many rows of the target are written, after all were read. */
  readonly onWritten?: ((rows: number) => void) | undefined;
}

/** Writes the rows of a log in the order of their starts into a local file. Throws `already-exists`. */
export async function sortLog(
  app: AppContext,
  log: string,
  target: string,
  options: SortLogOptions = {},
): Promise<OpLogStats> {
  const { replace, onWritten } = options;
  const { signal } = app;
  const path = localPath(app, target);
  const { sortOpLog } = await import("../../oplog/index.js");
  return sortOpLog(readLog(app, log, options), path, { replace, onWritten, signal });
}
