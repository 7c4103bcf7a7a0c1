import { formatByteSize } from "../../app/config/index.js";
import type { OpFigures, OpLogSummary, RequestFigures } from "../../oplog/index.js";
import { aligned } from "./aligned.js";
import { formatNanos, formatRate, plural } from "./text.js";

const RATE_COLUMNS = ["op", "size", "count", "errors", "threads", "objects/s", "rate", "mean size"];
const LATENCY_COLUMNS = ["op", "size", "mean", "p50", "p90", "p95", "p99", "max"];
const FIRST_BYTE_COLUMNS = ["first byte", "p50", "p99"];

/** Messages of failures that are shown of each operation. */
const SHOWN_MESSAGES = 3;

/**
 * A summary of operation logs as lines: the run, a table of rates and one of latencies by operation
 * and size, what operations did without their first and last seconds, and why requests failed.
 */
export function summaryTable(summary: OpLogSummary): string[] {
  const { ops } = summary;
  const hasFirstByte = ops.some((op) => op.firstByteNs !== undefined);
  const columns = [...LATENCY_COLUMNS, ...(hasFirstByte ? FIRST_BYTE_COLUMNS : [])];
  return [
    ...runLines(summary),
    "",
    ...aligned([RATE_COLUMNS, ...ops.flatMap((op) => rowsOf(op, rateCells))], 2),
    "",
    ...aligned(
      [
        columns,
        ...ops.flatMap((op) => rowsOf(op, (figures) => latencyCells(figures, hasFirstByte))),
      ],
      2,
    ),
    ...section(ops.flatMap(steadyLine)),
    ...section(ops.flatMap(messageLines)),
  ];
}

function runLines(summary: OpLogSummary): string[] {
  const { start, end, seconds, operations, errors, bytes, threads, clients, endpoints } = summary;
  const time = start === undefined ? [] : [`${start} to ${end}, ${seconds.toFixed(3)} s`];
  return [
    `${plural(operations, "request")}, ${errors} failed, ${formatByteSize(bytes)}; ` +
      `${plural(threads, "thread")} of ${plural(clients.length, "client")}, ` +
      `${plural(endpoints.length, "endpoint")}`,
    ...time,
  ];
}

/** All sizes of an operation, and each where there are several. */
function rowsOf(op: OpFigures, cells: (figures: RequestFigures) => string[]): string[][] {
  const each = op.sizes.length > 1 ? op.sizes : [];
  const label = op.sizes.length === 1 ? (op.sizes[0]?.size ?? "") : "all";
  return [[op.op, label, ...cells(op)], ...each.map((size) => ["", size.size, ...cells(size)])];
}

function rateCells(figures: RequestFigures): string[] {
  return [
    ...[figures.count, figures.errors, figures.threads].map(String),
    figures.objectsPerSecond.toFixed(1),
    formatRate(figures.bytesPerSecond, 1),
    formatByteSize(Math.round(figures.meanBytes)),
  ];
}

function latencyCells(figures: RequestFigures, withFirstByte: boolean): string[] {
  const { latencyNs: latency, firstByteNs: firstByte } = figures;
  const { mean, p50, p90, p95, p99, max } = latency ?? {};
  const times = [mean, p50, p90, p95, p99, max];
  if (withFirstByte) times.push(firstByte?.mean, firstByte?.p50, firstByte?.p99);
  return times.map((ns) => (ns === undefined ? "-" : formatNanos(ns)));
}

function steadyLine({ op, steady }: OpFigures): string[] {
  if (steady === undefined) return [];
  const { objectsPerSecond, bytesPerSecond, seconds } = steady;
  const rates = `${objectsPerSecond.toFixed(1)} objects/s, ${formatRate(bytesPerSecond, 1)}`;
  return [`${op} without its first and last two seconds: ${rates} over ${seconds} s`];
}

function messageLines({ op, messages }: OpFigures): string[] {
  return messages
    .slice(0, SHOWN_MESSAGES)
    .map(({ text, count }) => `${op} failed ${plural(count, "time")}: ${text}`);
}

function section(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}
