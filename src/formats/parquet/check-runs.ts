import { corruptParquet } from "./corrupt-parquet.js";

/** Runs of values in a page: RLE and bit-packed in turn (Parquet's "RLE/Bit-Packing Hybrid"). */
export interface Runs {
  /** Where they begin and must have ended, in the page. */
  readonly from: number;
  readonly to: number;
  readonly bitWidth: number;
  readonly values: number;
}

/** How many bytes a group of eight packed values has, for each bit of width. */
const GROUP = 8;

/**
 * How many of the values are `wanted`. Throws `corrupt-format` unless the runs lie in the page and have as many values
 * as they should: hyparquet repeats a value as often as a run says, whatever there is room for.
 */
export function countInRuns(
  page: Uint8Array,
  { from, to, bitWidth, values }: Runs,
  wanted: number,
): number {
  if (to > page.length || from > to || bitWidth > 32) {
    throw corruptParquet("a page has levels or indices beyond its end");
  }
  let at = from;
  let left = values;
  let found = 0;
  while (left > 0) {
    let head = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = at < to ? page[at++] : undefined;
      if (byte === undefined || shift > 28) throw corruptParquet("a page has too few values");
      head += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const packed = head % 2 === 1;
    const count = Math.floor(head / 2) * (packed ? GROUP : 1);
    // The last group of eight is filled up.
    if (count === 0 || count >= left + (packed ? GROUP : 1)) {
      throw corruptParquet(`a page has a run of ${count} values where ${left} are left`);
    }
    const taken = Math.min(count, left);
    const bytes = Math.ceil(((packed ? taken : 1) * bitWidth) / 8);
    if (at + bytes > to) throw corruptParquet("a page has too few values");
    found += packed
      ? countPacked(page, at, bitWidth, taken, wanted)
      : valueAt(page, at, bytes) === wanted
        ? taken
        : 0;
    at += packed ? (count / GROUP) * bitWidth : bytes;
    left -= taken;
  }
  return found;
}

function valueAt(page: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value += (page[at + i] as number) * 2 ** (8 * i);
  return value;
}

/** Levels only have few bits; indices, which have more, are not counted. */
function countPacked(
  page: Uint8Array,
  at: number,
  bitWidth: number,
  values: number,
  wanted: number,
): number {
  if (bitWidth > 8) return 0;
  const mask = (1 << bitWidth) - 1;
  let found = 0;
  for (let i = 0, bit = 0; i < values; i++, bit += bitWidth) {
    const byte = at + (bit >> 3);
    const pair = (page[byte] as number) | ((page[byte + 1] ?? 0) << 8);
    if (((pair >> (bit & 7)) & mask) === wanted) found++;
  }
  return found;
}
