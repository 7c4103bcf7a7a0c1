import { viewOf } from "../little-endian.js";
import type { ParquetLengths, PlainValues } from "./column.js";
import { CompactWriter } from "./compact-writer.js";

/** Bytes of a file, or so many bytes of a value that are made elsewhere. */
export type ParquetSegment = Uint8Array | { readonly length: number };

/** Values of one column that are read at once, in the encoding PLAIN. */
export interface PlainPage {
  readonly values: number;
  readonly bytes: number;
  readonly segments: readonly ParquetSegment[];
}

/** Readers hold a page in memory; one larger value is a page of its own. */
const PAGE_BYTES = 1024 * 1024;
/** A value of at least this many bytes is passed on as it is, without a copy. */
const PASSED_BYTES = 32 * 1024;
/** In front of each value of any length. */
const LENGTH_BYTES = 4;

const DATA_PAGE = 0;
const PLAIN = 0;
const RLE = 3;

/** The values cut into pages. */
export function* plainPages(plain: PlainValues): Generator<PlainPage, void, undefined> {
  if ("values" in plain) {
    yield* byteArrayPages(plain.values);
    return;
  }
  const { bytes, itemBytes } = plain;
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    const piece = bytes.subarray(at, at + PAGE_BYTES);
    yield { values: piece.length / itemBytes, bytes: piece.length, segments: [piece] };
  }
}

function* byteArrayPages(values: ParquetLengths): Generator<PlainPage, void, undefined> {
  for (let from = 0; from < values.length; ) {
    let to = from;
    let bytes = 0;
    let copied = 0;
    for (; to < values.length; to++) {
      const value = values[to] as ParquetLengths[number];
      if (to > from && bytes + LENGTH_BYTES + value.length > PAGE_BYTES) break;
      bytes += LENGTH_BYTES + value.length;
      copied += LENGTH_BYTES + (isCopied(value) ? value.length : 0);
    }
    yield { values: to - from, bytes, segments: byteArraySegments(values.slice(from, to), copied) };
    from = to;
  }
}

function isCopied(value: ParquetSegment): value is Uint8Array {
  return value instanceof Uint8Array && value.length < PASSED_BYTES;
}

/** Lengths and small values share one block, cut where other values stand between. */
function byteArraySegments(values: ParquetLengths, copied: number): ParquetSegment[] {
  const segments: ParquetSegment[] = [];
  const block = new Uint8Array(copied);
  const view = viewOf(block);
  let cut = 0;
  let at = 0;
  for (const value of values) {
    view.setUint32(at, value.length, true);
    at += LENGTH_BYTES;
    if (isCopied(value)) {
      block.set(value, at);
      at += value.length;
    } else {
      segments.push(block.subarray(cut, at), value);
      cut = at;
    }
  }
  if (at > cut) segments.push(block.subarray(cut));
  return segments;
}

/** The header in front of a page's bytes (`PageHeader` of parquet.thrift). */
export function pageHeader(
  { values, bytes }: Pick<PlainPage, "values" | "bytes">,
  storedBytes: number,
): Uint8Array {
  const data = new CompactWriter().int32(1, values).int32(2, PLAIN).int32(3, RLE).int32(4, RLE);
  return new CompactWriter()
    .int32(1, DATA_PAGE)
    .int32(2, bytes)
    .int32(3, storedBytes)
    .struct(5, data)
    .finish();
}
