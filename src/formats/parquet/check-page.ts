import type { DataPageHeader, Encoding, PageHeader } from "hyparquet";
import { viewOf } from "../little-endian.js";
import { countInRuns } from "./check-runs.js";
import { corruptParquet } from "./corrupt-parquet.js";

/** What decides how the values of a column stand in a page. */
export interface LeafColumn {
  readonly type: string;
  /** Bytes of a value of fixed length. */
  readonly typeLength: number;
  readonly maxDefinition: number;
  readonly maxRepetition: number;
  /** The most that the values of a page may take, in bytes. */
  readonly maxBytes: number;
}

/** hyparquet's `deltaBinaryUnpack`. */
export type UnpackDelta = (
  reader: { view: DataView; offset: number },
  count: number,
  output: Int32Array,
) => void;

const MAX_MINIBLOCKS = 4096;
const WIDTHS: Readonly<Record<string, number>> = { INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8 };

/** The values of a page behind its levels. */
interface PageValues {
  readonly page: Uint8Array;
  readonly at: number;
  readonly count: number;
  readonly encoding: Encoding;
}

/**
 * Throws `corrupt-format` for a page (decompressed) on which hyparquet would take memory or time beyond its bytes. Gives
 * where its values begin.
 */
export function checkDataPage(
  page: Uint8Array,
  { num_values: values, encoding }: DataPageHeader,
  leaf: LeafColumn,
  unpackDelta: UnpackDelta,
): number {
  let at = 0;
  let count = values;
  for (const max of [leaf.maxRepetition, leaf.maxDefinition]) {
    if (max === 0) continue;
    const from = at + 4;
    if (from > page.length) throw corruptParquet("a page ends inside its levels");
    at = from + viewOf(page).getUint32(at, true);
    const found = countInRuns(page, { from, to: at, bitWidth: bitWidth(max), values }, max);
    if (max === leaf.maxDefinition) count = found;
  }
  checkValues({ page, at, count, encoding }, leaf, unpackDelta);
  return at;
}

/** The same for a page whose header tells how long its levels are. */
export function checkDataPageV2(
  page: Uint8Array,
  header: NonNullable<PageHeader["data_page_header_v2"]>,
  leaf: LeafColumn,
  unpackDelta: UnpackDelta,
): number {
  const { num_values: values, num_nulls: nulls, num_rows: rows, encoding } = header;
  const repetitionEnd = header.repetition_levels_byte_length;
  const at = repetitionEnd + header.definition_levels_byte_length;
  if (leaf.maxRepetition > 0) {
    const width = bitWidth(leaf.maxRepetition);
    countInRuns(page, { from: 0, to: repetitionEnd, bitWidth: width, values }, 0);
  }
  let count = values;
  if (leaf.maxDefinition > 0) {
    const runs = { from: repetitionEnd, to: at, bitWidth: bitWidth(leaf.maxDefinition), values };
    count = countInRuns(page, runs, leaf.maxDefinition);
  }
  if (count !== values - nulls || !(rows >= 0 && rows <= values)) {
    throw corruptParquet("a page counts other nulls or rows than it has");
  }
  checkValues({ page, at, count, encoding }, leaf, unpackDelta);
  return at;
}

function checkValues(values: PageValues, leaf: LeafColumn, unpackDelta: UnpackDelta): void {
  const { page, at, count, encoding } = values;
  switch (encoding) {
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY": {
      const width = page[at] ?? 255;
      if (width === 0 && count > 0) return;
      countInRuns(page, { from: at + 1, to: page.length, bitWidth: width, values: count }, 0);
      return;
    }
    case "RLE": {
      if (at + 4 > page.length) throw corruptParquet("a page ends inside its values");
      const to = at + 4 + viewOf(page).getUint32(at, true);
      countInRuns(page, { from: at + 4, to, bitWidth: 1, values: count }, 0);
      return;
    }
    case "BYTE_STREAM_SPLIT":
      if (count * (WIDTHS[leaf.type] ?? leaf.typeLength) > page.length - at) {
        throw corruptParquet("a page has too few values");
      }
      return;
    case "DELTA_BINARY_PACKED":
    case "DELTA_LENGTH_BYTE_ARRAY":
      checkDeltaHeader(page, at);
      return;
    case "DELTA_BYTE_ARRAY":
      checkPrefixes(values, leaf, unpackDelta);
  }
}

/** hyparquet takes memory for as many miniblocks as the header says. */
function checkDeltaHeader(page: Uint8Array, at: number): void {
  const reader = { at };
  const [, miniblocks] = [varint(page, reader), varint(page, reader)];
  if (miniblocks < 1 || miniblocks > MAX_MINIBLOCKS) {
    throw corruptParquet(`a page has ${miniblocks} miniblocks in a block`);
  }
}

function varint(page: Uint8Array, reader: { at: number }): number {
  let value = 0;
  for (let shift = 0; shift <= 28; shift += 7) {
    const byte = page[reader.at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw corruptParquet("a page has a number that does not end");
}

/** Each value repeats a part of the one before: few bytes can stand for any number. */
function checkPrefixes(
  { page, at, count }: PageValues,
  { maxBytes }: LeafColumn,
  unpackDelta: UnpackDelta,
): void {
  const reader = { view: viewOf(page), offset: at };
  const lengths = [new Int32Array(count), new Int32Array(count)] as const;
  for (const target of lengths) {
    checkDeltaHeader(page, reader.offset);
    unpackDelta(reader, count, target);
  }
  const [prefixes, suffixes] = lengths;
  let bytes = 0;
  let before = 0;
  for (let i = 0; i < count; i++) {
    const prefix = prefixes[i] as number;
    const suffix = suffixes[i] as number;
    if (prefix < 0 || suffix < 0 || prefix > before) {
      throw corruptParquet("a value repeats more of the one before than that has");
    }
    before = prefix + suffix;
    bytes += before;
  }
  if (bytes > maxBytes) {
    throw corruptParquet(
      `the values of a page would take ${bytes} bytes; raise maxGroupBytes if they should`,
    );
  }
}

/** Bits of a level up to `max`. */
function bitWidth(max: number): number {
  return 32 - Math.clz32(max);
}
