import { formatByteSize } from "../../app/config/index.js";
import { type ReplayedWord, type ReplayResult, SKIP_REASONS } from "../../oplog/index.js";
import { aligned } from "./aligned.js";
import { formatNanos, formatRate, plural } from "./text.js";

const COLUMNS = ["op", "planned", "done", "failed", "skipped", "bytes", "ops/s", "p50", "p99"];
const DRY_COLUMNS = ["op", "planned", "skipped", "bytes"];

/** What became of a replay as lines: a table by operation, how it kept its time, what was not done. */
export function replayTable(result: ReplayResult): string[] {
  const { dryRun, words, seconds } = result;
  const rows = words.map((word) => (dryRun ? dryCells(word) : cells(word, seconds)));
  return [
    ...aligned([dryRun ? DRY_COLUMNS : COLUMNS, ...rows], 1),
    "",
    ...(dryRun ? dryLines(result) : timeLines(result)),
    ...(dryRun || result.targets.length > 1 ? targetLines(result) : []),
    ...remarks(result),
  ];
}

function cells(word: ReplayedWord, seconds: number): string[] {
  const { op, planned, done, failed, skipped, bytes, latencyNs } = word;
  return [
    op,
    ...[planned, done, failed, skipped].map(String),
    formatByteSize(bytes),
    (done / Math.max(seconds, 1e-6)).toFixed(1),
    latencyNs === undefined ? "-" : formatNanos(latencyNs.p50),
    latencyNs === undefined ? "-" : formatNanos(latencyNs.p99),
  ];
}

function dryCells({ op, planned, skipped, plannedBytes }: ReplayedWord): string[] {
  return [op, String(planned), String(skipped), formatByteSize(plannedBytes)];
}

function dryLines({ begun, plannedSeconds }: ReplayResult): string[] {
  return [
    `${plural(begun, "operation")} would be begun over ${plannedSeconds.toFixed(2)} s; nothing was done`,
  ];
}

function timeLines(result: ReplayResult): string[] {
  const { done, failed, bytes, seconds, startSeconds, plannedSeconds, lateness } = result;
  const lines = [
    `${plural(done, "operation")} done, ${failed} failed, ${formatByteSize(bytes)} in ` +
      `${seconds.toFixed(2)} s (${formatRate(bytes, seconds)})`,
  ];
  if (lateness === undefined) return lines;
  const { p50, p90, p99, max, lateShare } = lateness;
  const [half, most, nearlyAll, worst] = [p50, p90, p99, max].map(formatNanos);
  return [
    ...lines,
    `begun over ${startSeconds.toFixed(2)} s, planned ${plannedSeconds.toFixed(2)} s`,
    `late by p50 ${half}, p90 ${most}, p99 ${nearlyAll}, max ${worst}; ` +
      `${(lateShare * 100).toFixed(2)} % by more than 10 ms`,
  ];
}

function targetLines({ targets }: ReplayResult): string[] {
  return targets.map(
    ({ uri, operations, bytes }) =>
      `to ${uri}: ${plural(operations, "operation")}, ${formatByteSize(bytes)}`,
  );
}

function remarks(result: ReplayResult): string[] {
  const { skips, failures, failedInLog, outOfOrder, unknownKeys, differing, uploads } = result;
  const { leftOut, notBegun, cancelled, endedBy } = result;
  const lines = skips.map(
    ({ op, reason, rows }) => `skipped ${rows} ${op}: ${SKIP_REASONS[reason]}`,
  );
  for (const { code, operations, example } of failures) {
    lines.push(`failed ${operations} (${code}), the first one: ${example}`);
  }
  if (failedInLog > 0) lines.push(`${failedInLog} of the failed ones failed in the log too`);
  if (leftOut > 0) lines.push(`${plural(leftOut, "row")} of other operations left out`);
  if (outOfOrder > 0) {
    lines.push(`${plural(outOfOrder, "row")} came out of order; lode oplog sort the log first`);
  }
  if (unknownKeys > 0) {
    lines.push(`${plural(unknownKeys, "key")} not deleted: of a batch the log tells the first one`);
  }
  if (differing > 0) {
    lines.push(`reads and listings of another size than in the log: ${differing}`);
  }
  const { completed, aborted } = uploads;
  if (completed + aborted > 0) {
    lines.push(`uploads that the log leaves open: ${completed} completed, ${aborted} aborted`);
  }
  if (cancelled > 0) lines.push(`${plural(cancelled, "operation")} cancelled`);
  if (endedBy !== undefined) lines.push(`ended by the ${endedBy}`);
  if (notBegun > 0) lines.push(`${plural(notBegun, "row")} read and not begun`);
  return lines;
}
