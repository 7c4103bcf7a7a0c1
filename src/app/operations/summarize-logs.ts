import type { OpLogSummary, OpLogSummaryOptions } from "../../oplog/index.js";
import type { AppContext } from "../app-context.js";
import { type LogOptions, readLog } from "./read-log.js";

/** Sums up logs of one run, each of another program. */
export async function summarizeLogs(
  app: AppContext,
  logs: readonly string[],
  options: OpLogSummaryOptions & LogOptions = {},
): Promise<OpLogSummary> {
  const { OpLogSummarizer } = await import("../../oplog/index.js");
  const summarizer = new OpLogSummarizer(options);
  for (const log of logs) {
    summarizer.beginLog();
    const rows = readLog(app, log, {
      ...options,
      onDropped(log, rows) {
        summarizer.addDropped(rows);
        options.onDropped?.(log, rows);
      },
      onTruncated(log, error) {
        summarizer.markTruncated();
        options.onTruncated?.(log, error);
      },
    });
    for await (const batch of rows) summarizer.add(batch);
  }
  return summarizer.summary();
}
