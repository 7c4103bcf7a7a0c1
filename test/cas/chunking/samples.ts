import fc from "fast-check";
import { gearTable } from "../../../src/cas/chunking/gear-table.js";
import { seededRandom } from "../../../src/core/index.js";

/** What bytes are made of: small to print, and with more cuts, and cuts at stranger places, than random bytes have. */
export type Segment =
  | { readonly random: number; readonly length: number }
  | { readonly byte: number; readonly length: number }
  | { readonly lines: number; readonly count: number }
  /** 64 bytes behind which there may be a cut. */
  | { readonly window: number; readonly times: number };

export const segments: fc.Arbitrary<Segment[]> = fc.array(
  fc.oneof(
    fc.record({ random: fc.nat(1e6), length: fc.nat(60_000) }),
    fc.record({ random: fc.nat(1e6), length: fc.integer({ min: 8000, max: 8400 }) }),
    // Of 17 and 23 alone the hash has 16 upper bits that are 0.
    fc.record({ byte: fc.constantFrom(0, 17, 23, 59, 255), length: fc.nat(10_000) }),
    fc.record({ byte: fc.constantFrom(17, 23), length: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ lines: fc.nat(1e6), count: fc.nat(500) }),
    fc.record({ window: fc.nat(2), times: fc.integer({ min: 1, max: 4 }) }),
  ),
  { maxLength: 16 },
);

export function bytesOf(list: readonly Segment[]): Uint8Array {
  return Buffer.concat(list.map(segmentBytes));
}

export function randomBytes(seed: number, length: number): Uint8Array {
  const random = seededRandom(seed);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random() * 256;
  return bytes;
}

/** A table as text. */
export function lines(seed: number, count: number): string[] {
  const random = seededRandom(seed);
  return Array.from(
    { length: count },
    (_, i) => `${i},${(random() * 1e6).toFixed(3)},class-${i % 7}\n`,
  );
}

/** Bytes in pieces that end at these positions. */
export function split(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const ends = [...positions.map((p) => p % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

function segmentBytes(segment: Segment): Uint8Array {
  if ("random" in segment) return randomBytes(segment.random, segment.length);
  if ("byte" in segment) return new Uint8Array(segment.length).fill(segment.byte);
  if ("lines" in segment) return Buffer.from(lines(segment.lines, segment.count).join(""));
  return Buffer.concat(Array<Uint8Array>(segment.times).fill(WINDOWS[segment.window]!));
}

/** Of bytes with cuts: the 64 in front of each. */
function windowsOf(bytes: Uint8Array): Uint8Array[] {
  let at = 0;
  const found: Uint8Array[] = [];
  for (const length of referenceLengths(bytes)) {
    at += length;
    if (length < 131_072 && at < bytes.length) found.push(bytes.slice(at - 64, at));
  }
  return found;
}

const GEAR = new BigUint64Array(gearTable().buffer as ArrayBuffer);

/** The definition, byte by byte. */
export function referenceLengths(bytes: Uint8Array): number[] {
  const lengths: number[] = [];
  let hash = 0n;
  let length = 0;
  for (const byte of bytes) {
    length++;
    if (length > 8192 - 65) hash = BigInt.asUintN(64, (hash << 1n) + GEAR[byte]!);
    const isCut = length > 8192 - 65 && (hash & 0xffff000000000000n) === 0n;
    if (!isCut && length < 131_072) continue;
    lengths.push(length);
    hash = 0n;
    length = 0;
  }
  return length > 0 ? [...lengths, length] : lengths;
}

const WINDOWS = windowsOf(randomBytes(7, 400_000));

/** 64 bytes that end at a cut wherever they lie in a chunk, once it is long enough. */
export const CUT_WINDOW = WINDOWS[0]!;
