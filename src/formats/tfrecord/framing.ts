import { crc32 } from "node:zlib";
import { crc32c, crc32cByTables } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import { getUint64, setUint64, viewOf } from "../little-endian.js";
import { MAX_ARRAY_BYTES } from "../read-exactly.js";

/** Length (u64) and its checksum (u32) stand before the data, the data's checksum behind it. */
export const HEADER_BYTES = 12;
export const FOOTER_BYTES = 4;

const DEFAULT_MAX_RECORD_BYTES = 256 * 1024 * 1024;

/** Where a record is in its file: both as indexes have them, in bytes, with header and footer. */
export interface TfRecordEntry {
  readonly offset: number;
  readonly length: number;
}

export interface TfRecordOptions {
  /** Which checksums are compared: `all` unless given, `lengths` those of the lengths only, or `none`. */
  readonly verify?: "all" | "lengths" | "none" | undefined;
  /**
   * s3dlio writes CRC-32 (IEEE) where the format has CRC-32C, so that TensorFlow refuses its files.
   * `accept` takes either; `refuse`, the default, throws `integrity` with a message that says so.
   */
  readonly legacyCrc?: "accept" | "refuse" | undefined;
  /** Longer records are refused before memory is taken for them; 256 MiB unless given. */
  readonly maxRecordBytes?: number | undefined;
}

export interface RecordHeader {
  readonly dataBytes: number;
  /** Whether the record's checksums are CRC-32 in place of CRC-32C. */
  readonly legacy: boolean;
}

/** Bytes of a record with this much data. */
export function tfRecordSize(dataBytes: number): number {
  return HEADER_BYTES + dataBytes + FOOTER_BYTES;
}

/** The 12 bytes before data of this length: for data that is not in memory as a whole. */
export function tfRecordHeader(dataBytes: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  writeHeader(header, 0, dataBytes);
  return header;
}

/** The 4 bytes behind data that has this CRC-32C. */
export function tfRecordFooter(dataCrc32c: number): Uint8Array {
  const footer = new Uint8Array(FOOTER_BYTES);
  viewOf(footer).setUint32(0, masked(dataCrc32c), true);
  return footer;
}

export function writeHeader(target: Uint8Array, at: number, dataBytes: number): void {
  if (!Number.isSafeInteger(dataBytes) || dataBytes < 0) {
    throw new LodeError({
      code: "invalid-argument",
      message: `a TFRecord of ${dataBytes} bytes cannot be written: give a whole number`,
    });
  }
  const view = viewOf(target);
  setUint64(view, at, dataBytes);
  view.setUint32(at + 8, masked(crc32cByTables(target.subarray(at, at + 8))), true);
}

/** TensorFlow's mask, so that a checksum of data with checksums in it is no weaker. */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The header that stands at `at`; `offset` is where its record begins in the file. */
export function checkHeader(
  view: DataView,
  at: number,
  offset: number,
  { verify, legacyCrc, maxRecordBytes = DEFAULT_MAX_RECORD_BYTES }: TfRecordOptions,
): RecordHeader {
  const dataBytes = getUint64(view, at);
  const legacy =
    verify !== "none" &&
    isLegacy(
      new Uint8Array(view.buffer, view.byteOffset + at, 8),
      view.getUint32(at + 8, true),
      offset,
    );
  if (legacy && legacyCrc !== "accept") {
    throw mismatch(
      "length",
      offset,
      'it has CRC-32 where TFRecord has CRC-32C, as s3dlio writes it and TensorFlow refuses it; legacyCrc: "accept" reads it',
    );
  }
  const allowed = Math.min(maxRecordBytes, MAX_ARRAY_BYTES - FOOTER_BYTES);
  if (dataBytes <= allowed) return { dataBytes, legacy };
  throw new LodeError({
    code: "corrupt-format",
    message: `the TFRecord at byte ${offset} says to have ${dataBytes} bytes; ${allowed} are allowed (maxRecordBytes)`,
    details: { offset, dataBytes },
  });
}

function isLegacy(length: Uint8Array, expected: number, offset: number): boolean {
  // For 8 bytes the way into native code takes longer than the tables.
  if (masked(crc32cByTables(length)) === expected) return false;
  if (masked(crc32(length)) === expected) return true;
  throw mismatch("length", offset, "it is damaged, or this is no TFRecord file");
}

/** Compares the checksum of a record's data with `expected`, the one behind it. */
export function checkData(
  data: Uint8Array,
  expected: number,
  offset: number,
  { legacy }: RecordHeader,
  { verify = "all" }: TfRecordOptions,
): void {
  if (verify !== "all") return;
  if (masked(legacy ? crc32(data) : crc32c(data)) === expected) return;
  throw mismatch("data", offset, "it is damaged");
}

function mismatch(what: string, offset: number, why: string): LodeError {
  return new LodeError({
    code: "integrity",
    message: `the TFRecord at byte ${offset} has a wrong checksum of its ${what}: ${why}`,
    details: { offset },
  });
}

export function truncated(offset: number, fileBytes: number): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the TFRecord at byte ${offset} is cut off: the file ends at byte ${fileBytes}`,
    details: { offset, fileBytes },
  });
}
