import type { OpLogColumns, OpLogEntry, OpLogStats, RowCriteria } from "../../oplog/index.js";
import type { AppContext } from "../app-context.js";
import { localPath } from "./local-path.js";
import { type LogOptions, readLog } from "./read-log.js";

export interface SelectLogRowsOptions extends LogOptions, RowCriteria {}

/** The rows of logs, one after the other, that meet the criteria. */
export async function* selectLogRows(
  app: AppContext,
  logs: readonly string[],
  options: SelectLogRowsOptions = {},
): AsyncGenerator<readonly OpLogEntry[], void, undefined> {
  const { selectRows } = await import("../../oplog/index.js");
  yield* selectRows(allRows(app, logs, options), options);
}

/** Writes such rows as a log into a local file, numbered anew. Throws `already-exists`. */
export async function copyLogRows(
  app: AppContext,
  logs: readonly string[],
  target: string,
  options: SelectLogRowsOptions & {
    readonly columns?: OpLogColumns | undefined;
    readonly replace?: boolean | undefined;
  } = {},
): Promise<OpLogStats> {
  const { columns, replace } = options;
  const path = localPath(app, target);
  const { writeOpLog } = await import("../../oplog/index.js");
  const rows = selectLogRows(app, logs, options);
  return writeOpLog(rows, path, { columns, replace, signal: app.signal });
}

async function* allRows(
  app: AppContext,
  logs: readonly string[],
  options: LogOptions,
): AsyncGenerator<OpLogEntry[], void, undefined> {
  for (const log of logs) yield* readLog(app, log, options);
}
