import { viewOf } from "../../little-endian.js";

/** A run of at least as many equal levels is written as such; fewer are packed by eight. */
const GROUP = 8;
/** Groups of eight in one run, so that its head is one byte. */
const MAX_GROUPS = 63;
const LENGTH_BYTES = 4;

/**
 * Levels of a page in Parquet's "RLE/Bit-Packing Hybrid", with their length in front. What is packed begins where a
 * level changes, not at multiples of eight, so that an inserted row moves the bytes behind it but does not change them.
 */
export function encodeLevels(levels: Uint8Array, max: number): Uint8Array {
  const width = 32 - Math.clz32(max);
  const encoder = new LevelEncoder(levels, width);
  let packedFrom = 0;
  for (let at = 0; at < levels.length; ) {
    const end = runEnd(levels, at);
    // A run after packed ones first fills up their last eight.
    const filled = at + ((GROUP - ((at - packedFrom) % GROUP)) % GROUP);
    if (end - filled >= GROUP) {
      encoder.packed(packedFrom, filled);
      encoder.repeated(levels[at] as number, end - filled);
      packedFrom = end;
    }
    at = end;
  }
  encoder.packed(packedFrom, levels.length);
  return encoder.finish();
}

function runEnd(levels: Uint8Array, from: number): number {
  const level = levels[from];
  let end = from + 1;
  while (end < levels.length && levels[end] === level) end++;
  return end;
}

class LevelEncoder {
  readonly #levels: Uint8Array;
  readonly #width: number;
  readonly #bytes: Uint8Array;
  #at = LENGTH_BYTES;

  constructor(levels: Uint8Array, width: number) {
    this.#levels = levels;
    this.#width = width;
    // A run of eight takes up to seven bytes; a group of eight `width` and a part of its head.
    this.#bytes = new Uint8Array(
      LENGTH_BYTES + 16 + levels.length + Math.ceil(levels.length / GROUP) * width,
    );
  }

  repeated(level: number, count: number): void {
    this.#varint(count * 2);
    this.#bytes[this.#at++] = level;
  }

  /** The last group is filled up with zeros. */
  packed(from: number, to: number): void {
    for (let at = from; at < to; at += GROUP * MAX_GROUPS) {
      const end = Math.min(to, at + GROUP * MAX_GROUPS);
      const groups = Math.ceil((end - at) / GROUP);
      this.#bytes[this.#at++] = groups * 2 + 1;
      this.#pack(at, end);
      this.#at += groups * this.#width;
    }
  }

  finish(): Uint8Array {
    viewOf(this.#bytes).setUint32(0, this.#at - LENGTH_BYTES, true);
    return this.#bytes.subarray(0, this.#at);
  }

  #pack(from: number, to: number): void {
    for (let i = from, bit = this.#at * 8; i < to; i++, bit += this.#width) {
      const level = (this.#levels[i] as number) << (bit & 7);
      this.#bytes[bit >> 3]! |= level;
      this.#bytes[(bit >> 3) + 1]! |= level >> 8;
    }
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128;
    this.#bytes[this.#at++] = rest;
  }
}
