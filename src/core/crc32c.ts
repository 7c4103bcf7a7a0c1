import { createRequire } from "node:module";

/** CRC-32C polynomial (Castagnoli), bit-reversed: RFC 3720 appendix B.4. */
const POLYNOMIAL = 0x82f63b78;

type Crc32c = (bytes: Uint8Array, previous: number) => number;

let implementation: Crc32c | undefined;

/**
 * CRC-32C of the bytes as an unsigned 32-bit number; `previous` is the value of what came before
 * them. Uses the native module where it loads (5 GB/s) and tables of our own elsewhere.
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  implementation ??= loadNative() ?? crc32cByTables;
  return implementation(bytes, previous);
}

/** Loaded at first use: a command that moves no data does not pay for a native module. */
function loadNative(): Crc32c | undefined {
  try {
    const native = createRequire(import.meta.url)("@node-rs/crc32") as {
      crc32c(input: Uint8Array, initial?: number): number;
    };
    return (bytes, previous) => native.crc32c(bytes, previous) >>> 0;
  } catch (error) {
    // A platform without the prebuilt binary: slower, and just as right.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

let tables: Uint32Array[] | undefined;

/** Eight bytes a step by tables ("slicing-by-8", Kounavis and Berry 2005). */
export function crc32cByTables(bytes: Uint8Array, previous = 0): number {
  tables ??= makeTables();
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  let crc = ~previous;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      t7[crc & 0xff]! ^
      t6[(crc >>> 8) & 0xff]! ^
      t5[(crc >>> 16) & 0xff]! ^
      t4[crc >>> 24]! ^
      t3[bytes[i + 4]!]! ^
      t2[bytes[i + 5]!]! ^
      t1[bytes[i + 6]!]! ^
      t0[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = t0[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTables(): Uint32Array[] {
  const made = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    made[0]![n] = crc;
  }
  for (let n = 0; n < 256; n++) {
    for (let t = 1; t < 8; t++) {
      const before = made[t - 1]![n]!;
      made[t]![n] = made[0]![before & 0xff]! ^ (before >>> 8);
    }
  }
  return made;
}

/**
 * The CRC-32C of `A || B` from those of A and B, so that parts are hashed in parallel and in any
 * order. Shifts A's by `lengthB` bytes: a product of polynomials modulo CRC's own (zlib's
 * `crc32_combine` by repeated squaring of x^8).
 */
export function crc32cCombine(crcA: number, crcB: number, lengthB: number): number {
  let factor = 0x80000000; // x^0
  let square = 0x00800000; // x^8: one byte
  for (let n = lengthB; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) factor = multiply(square, factor);
    square = multiply(square, square);
  }
  return (multiply(factor, crcA) ^ crcB) >>> 0;
}

/** Product of two polynomials over GF(2) modulo CRC-32C's, bits reversed (the top bit is x^0). */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = 0x80000000; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= shifted;
    shifted = shifted & 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
  }
  return product >>> 0;
}

/** Big-endian base64, as the `x-amz-checksum-crc32c` header has it. */
export function crc32cToBase64(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc >>> 0);
  return bytes.toString("base64");
}

/** The number in `x-amz-checksum-crc32c`; undefined if the text is not 4 bytes of base64 (a checksum of checksums has `-n` behind it). */
export function crc32cFromBase64(text: string): number | undefined {
  if (!/^[A-Za-z0-9+/]{6}==$/.test(text)) return undefined;
  return Buffer.from(text, "base64").readUInt32BE();
}
