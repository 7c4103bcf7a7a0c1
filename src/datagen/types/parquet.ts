import {
  type ParquetColumn,
  type ParquetGroupShape,
  type ParquetSegment,
  parquetSegments,
  parquetSize,
} from "../../formats/index.js";
import { assemble, type Segment } from "../assemble.js";
import { type LayoutOptions, type ObjectLayout, sizeOf, tooSmall } from "../object-layout.js";
import { DEFAULT_RECORD_BYTES, recordTooSmall } from "../sample-parts.js";

const COLUMNS: readonly ParquetColumn[] = [
  { name: "id", type: "int64" },
  { name: "data", type: "bytes" },
];
/** An id, and the length in front of the data. */
const ROW_FRAMING_BYTES = 12;
const MAX_GROUP_BYTES = 64 * 1024 * 1024;
const MAX_GROUP_ROWS = 64 * 1024;

/** A page's length, by which the format's writer cuts values. */
const PAGE_BYTES = 1024 * 1024;
// The most that is written for each page and row group, and in longer numbers elsewhere.
const PAGE_FRAMING_BYTES = 32;
const GROUP_FRAMING_BYTES = 160;
const NUMBERS_BYTES = 64;

/** How many rows a file has, and the bytes of `data` in each; the last one makes up the size. */
interface Rows {
  readonly rows: number;
  readonly dataBytes: number;
  readonly lastBytes: number;
}

/** Rows of `id`, which counts from 0, and `data`, bytes; uncompressed, in row groups of 64 MiB. */
export function parquetLayout(options: LayoutOptions): ObjectLayout {
  const size = sizeOf("PARQUET", options);
  const rows = fittingRows(options, size);
  const file = { columns: COLUMNS, size };
  return {
    length: size,
    samples: rows.rows,
    stream: (content) =>
      assemble(contentSegments(parquetSegments(groups(rows), file)), content, size),
  };
}

function fittingRows({ samples, recordSize }: LayoutOptions, size: number): Rows {
  const least = mostBytes(samples ?? 1, 0);
  if (size < least) throw tooSmall("PARQUET", size, least, `${samples ?? 1} rows`);
  if (recordSize !== undefined && recordSize <= ROW_FRAMING_BYTES) {
    throw recordTooSmall(recordSize, ROW_FRAMING_BYTES + 1);
  }
  const rowBytes =
    samples === undefined ? (recordSize ?? DEFAULT_RECORD_BYTES) : Math.floor(size / samples);
  let rows = samples ?? Math.max(1, Math.floor(size / rowBytes));
  let dataBytes = Math.max(0, rowBytes - ROW_FRAMING_BYTES);
  let room = size - mostBytes(rows, dataBytes);
  for (; room < 0; room = size - mostBytes(rows, dataBytes)) {
    if (samples === undefined) rows -= Math.min(rows - 1, Math.ceil(-room / rowBytes));
    else dataBytes -= Math.min(dataBytes, Math.ceil(-room / (samples - 1)));
  }
  // Lengths that no value can have are refused now, not when the file is written that far.
  parquetSize(groups({ rows: Math.min(rows, 2), dataBytes, lastBytes: room }), {
    columns: COLUMNS,
  });
  return { rows, dataBytes, lastBytes: room };
}

/**
 * Bytes of a file whose last row is empty, or a little more: what a file falls short of its size is filled
 * with zeros.
 */
function mostBytes(rows: number, dataBytes: number): number {
  const one = parquetSize(groups({ rows: 1, dataBytes: 0, lastBytes: 0 }), { columns: COLUMNS });
  const inGroup = groupRows(dataBytes);
  const inPage = Math.max(1, Math.floor(PAGE_BYTES / (4 + dataBytes)));
  const groupCount = Math.ceil(rows / inGroup);
  const lastGroup = rows - (groupCount - 1) * inGroup;
  // One of ids in each group, and one for the last row.
  const pages =
    (groupCount - 1) * Math.ceil(inGroup / inPage) + Math.ceil(lastGroup / inPage) + groupCount + 1;
  return (
    one +
    (rows - 1) * (ROW_FRAMING_BYTES + dataBytes) +
    (pages - 2) * PAGE_FRAMING_BYTES +
    (groupCount - 1) * GROUP_FRAMING_BYTES +
    NUMBERS_BYTES
  );
}

function groupRows(dataBytes: number): number {
  const fitting = Math.floor(MAX_GROUP_BYTES / (ROW_FRAMING_BYTES + dataBytes));
  return Math.min(Math.max(1, fitting), MAX_GROUP_ROWS);
}

function* groups({ rows, dataBytes, lastBytes }: Rows): Generator<ParquetGroupShape> {
  const most = groupRows(dataBytes);
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    const data = new Array<{ length: number }>(count).fill({ length: dataBytes });
    if (first + count === rows) data[count - 1] = { length: lastBytes };
    const id = BigInt64Array.from({ length: count }, (_, row) => BigInt(first + row));
    yield new Map<string, BigInt64Array | typeof data>([
      ["id", id],
      ["data", data],
    ]);
  }
}

function* contentSegments(segments: Iterable<ParquetSegment>): Generator<Segment, void, undefined> {
  for (const segment of segments) {
    yield segment instanceof Uint8Array ? segment : { bytes: segment.length };
  }
}
