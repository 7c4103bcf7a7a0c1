import type { OpLogColumns, OpLogDelimiter } from "./columns.js";
import type { OpLogEntry } from "./entry.js";
import { formatTimestamp } from "./timestamp.js";

/** The line of a row, with its end. `index` is what the log counts, whatever the entry had. */
export function formatRow(
  entry: OpLogEntry,
  index: number,
  columns: OpLogColumns,
  delimiter: OpLogDelimiter = "\t",
): string {
  const d = delimiter;
  const { startSeconds: seconds, startNanos: nanos, firstByteNs, durationNs } = entry;
  const firstByte = firstByteNs === undefined ? "" : formatTimestamp(seconds, nanos + firstByteNs);
  const start = formatTimestamp(seconds, nanos);
  const end = formatTimestamp(seconds, nanos + durationNs);
  const text =
    `${index}${d}${entry.thread}${d}${quotedField(entry.op, d)}${d}${quotedField(entry.clientId, d)}${d}` +
    `${entry.objects}${d}${entry.bytes}${d}${quotedField(entry.endpoint, d)}${d}${quotedField(entry.file, d)}${d}` +
    `${quotedField(entry.error, d)}${d}${start}${d}${firstByte}${d}`;
  if (columns === 13) return `${text}${end}${d}${durationNs}\n`;
  const { lastByteNs } = entry;
  const lastByte = lastByteNs === undefined ? "" : formatTimestamp(seconds, nanos + lastByteNs);
  return `${text}${lastByte}${d}${end}${d}${durationNs}${d}${entry.categories ?? 0}\n`;
}

/** What Go's `encoding/csv` must find inside quotes, whichever the delimiter; a leading space too. */
const NEEDS_QUOTES = /["\t,\r\n]|^\s/;
const NEEDS_QUOTES_IN_TSV = /["\t\r\n]|^\s/;

/** A field as Go's `encoding/csv` reads it back: in quotes where it must be, quotes doubled. */
export function quotedField(text: string, delimiter: OpLogDelimiter = "\t"): string {
  const pattern = delimiter === "\t" ? NEEDS_QUOTES_IN_TSV : NEEDS_QUOTES;
  return pattern.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
