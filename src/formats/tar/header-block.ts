import { corruptTar } from "./corrupt-tar.js";

/** All of an archive is made of blocks of this many bytes. */
export const BLOCK_BYTES = 512;

/** Largest number in 11 octal digits: what a size and a time have room for. */
export const MAX_OCTAL_11 = 8 ** 11 - 1;

/** The fields of a header block that matter here (POSIX.1-2017, pax, "ustar Interchange Format"). */
export interface HeaderBlock {
  /** Raw bytes up to the first NUL, prefix included. */
  readonly name: Uint8Array;
  readonly size: number;
  /** The type flag's character code. */
  readonly type: number;
}

const CHECKSUM_AT = 148;
const CHECKSUM_END = 156;
const SLASH = 0x2f;
const SPACE = 0x20;

/** `size` in whole blocks, in bytes. */
export function paddedSize(size: number): number {
  return Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
}

/** A header block's fields, or undefined for a block of zeros. Throws `corrupt-format`. */
export function parseHeaderBlock(block: Uint8Array, offset: number): HeaderBlock | undefined {
  let sum = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) sum += block[i]!;
  if (sum === 0) return undefined;
  for (let i = CHECKSUM_AT; i < CHECKSUM_END; i++) sum += SPACE - block[i]!;
  const stored = octal(block, CHECKSUM_AT, CHECKSUM_END);
  if (stored !== sum && stored !== sum - signedDifference(block)) {
    throw corruptTar(offset, "the header's checksum is wrong");
  }
  return {
    name: fullName(block),
    size: size(block, offset),
    type: block[156]!,
  };
}

/** By how much less the checksum is in old programs, which summed signed bytes. */
function signedDifference(block: Uint8Array): number {
  let highBytes = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) {
    if (i < CHECKSUM_AT || i >= CHECKSUM_END) highBytes += block[i]! >> 7;
  }
  return 256 * highBytes;
}

/** GNU's own format ends its magic in a blank and uses the place of the prefix for times. */
function fullName(block: Uint8Array): Uint8Array {
  const name = untilNul(block, 0, 100);
  const isUstar =
    block[257] === 0x75 &&
    block[258] === 0x73 &&
    block[259] === 0x74 &&
    block[260] === 0x61 &&
    block[261] === 0x72 &&
    block[262] === 0;
  if (!isUstar || block[345] === 0) return name;
  const prefix = untilNul(block, 345, 500);
  const joined = new Uint8Array(prefix.length + 1 + name.length);
  joined.set(prefix);
  joined[prefix.length] = SLASH;
  joined.set(name, prefix.length + 1);
  return joined;
}

function untilNul(block: Uint8Array, from: number, to: number): Uint8Array {
  let end = from;
  while (end < to && block[end] !== 0) end++;
  return block.subarray(from, end);
}

function size(block: Uint8Array, offset: number): number {
  const first = block[124]!;
  const value = first < 0x80 ? octal(block, 124, 136) : base256(block, 124, 136);
  if (value !== undefined && Number.isSafeInteger(value) && value >= 0) return value;
  throw corruptTar(offset, "the member's size is no number from 0 to 2^53");
}

/** Blanks, octal digits, then a blank or NUL; an empty field is 0. Undefined for anything else. */
function octal(block: Uint8Array, from: number, to: number): number | undefined {
  let at = from;
  while (at < to && block[at] === SPACE) at++;
  let value = 0;
  for (; at < to; at++) {
    const digit = block[at]! - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  return at === to || block[at] === SPACE || block[at] === 0 ? value : undefined;
}

/** GNU's form for large numbers: big-endian, the first bit set; a negative one begins with 0xff. */
function base256(block: Uint8Array, from: number, to: number): number | undefined {
  if (block[from] !== 0x80) return undefined;
  let value = 0;
  for (let at = from + 1; at < to; at++) value = value * 256 + block[at]!;
  return value;
}

/** What {@link writeHeaderBlock} puts into a block. */
export interface HeaderFields {
  /** ASCII of at most 100 characters. */
  readonly name: string;
  /** ASCII of at most 155 characters. */
  readonly prefix: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly type: number;
}

/** Writes a ustar header into the 512 zero bytes of `target` at `at`. */
export function writeHeaderBlock(target: Uint8Array, at: number, fields: HeaderFields): void {
  putAscii(target, at, fields.name);
  putOctal(target, at + 100, 7, fields.mode);
  putOctal(target, at + 108, 7, fields.uid);
  putOctal(target, at + 116, 7, fields.gid);
  putOctal(target, at + 124, 11, fields.size);
  putOctal(target, at + 136, 11, fields.mtime);
  target[at + 156] = fields.type;
  putAscii(target, at + 257, USTAR_MAGIC);
  putOctal(target, at + 329, 7, 0);
  putOctal(target, at + 337, 7, 0);
  putAscii(target, at + 345, fields.prefix);
  let sum = 8 * SPACE;
  for (let i = 0; i < BLOCK_BYTES; i++) sum += target[at + i]!;
  putOctal(target, at + CHECKSUM_AT, 6, sum);
  target[at + CHECKSUM_END - 1] = SPACE;
}

/** With its version. */
const USTAR_MAGIC = "ustar\x0000";

function putAscii(target: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
}

/** `digits` octal digits; the NUL behind them is there already. */
function putOctal(target: Uint8Array, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const quotient = Math.floor(rest / 8);
    target[i] = 0x30 + (rest - quotient * 8);
    rest = quotient;
  }
}
