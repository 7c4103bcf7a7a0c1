import { getUint64, setUint64, viewOf } from "../little-endian.js";

// Signatures and fixed lengths of APPNOTE 4.3.
export const LOCAL_SIGNATURE = 0x04034b50;
export const LOCAL_BYTES = 30;
export const CENTRAL_SIGNATURE = 0x02014b50;
export const CENTRAL_BYTES = 46;
export const END_SIGNATURE = 0x06054b50;
export const END_BYTES = 22;
export const END64_SIGNATURE = 0x06064b50;
export const END64_BYTES = 56;
export const LOCATOR_SIGNATURE = 0x07064b50;
export const LOCATOR_BYTES = 20;
export const DESCRIPTOR_SIGNATURE = 0x08074b50;

/** The 32-bit value that sends a reader to the ZIP64 field; smaller ones are themselves. */
export const MAX32 = 0xffffffff;
export const MAX16 = 0xffff;
export const ZIP64_EXTRA = 1;

/** Encrypted, strongly encrypted, or with a masked directory. */
export const ENCRYPTED_FLAGS = 0x0001 | 0x0040 | 0x2000;
/** CRC-32 and sizes stand behind the content, in a descriptor. */
export const DESCRIPTOR_FLAG = 0x0008;
export const UTF8_FLAG = 0x0800;

/** 1 January 1980, 00:00, the first that the format knows: output depends on nothing but content. */
const DOS_TIME = 0;
const DOS_DATE = 0x0021;
/** "Version needed" and "made by": 4.5 with ZIP64, else 2.0; made on Unix. */
const VERSION = 20;
const VERSION_ZIP64 = 45;
const MADE_ON_UNIX = 3 << 8;
/** A regular file, mode 0644, in the upper half as Unix programs read it. */
const FILE_MODE = (0o100644 << 16) >>> 0;

export type ZipCompression = "stored" | "deflate";

export const METHODS: Readonly<Record<ZipCompression, number>> = { stored: 0, deflate: 8 };

/** A member as the directory tells it. */
export interface ZipEntry {
  readonly name: string;
  readonly compression: ZipCompression;
  /** Bytes of the content, and of what is stored of it. */
  readonly size: number;
  readonly compressedSize: number;
  /** CRC-32 (ISO 3309) of the content. */
  readonly crc32: number;
  /** Where its local header begins. */
  readonly headerOffset: number;
  /** Where the next member or the directory begins. */
  readonly limit: number;
}

/** What the headers of a written member say. */
export interface MemberFacts {
  readonly name: Uint8Array;
  readonly method: number;
  readonly flags: number;
  readonly crc32: number;
  readonly size: number;
  readonly compressedSize: number;
  readonly headerOffset: number;
  /** Whether the local header has 64-bit sizes. */
  readonly zip64: boolean;
}

/** With a descriptor to come, CRC-32 and sizes are zero (APPNOTE 4.4.4). */
export function localHeader(facts: MemberFacts): Uint8Array {
  const { name, zip64 } = facts;
  const bytes = new Uint8Array(localHeaderBytes(name, zip64));
  const view = viewOf(bytes);
  const later = (facts.flags & DESCRIPTOR_FLAG) !== 0;
  view.setUint32(0, LOCAL_SIGNATURE, true);
  setCommon(view, 4, facts);
  view.setUint32(14, later ? 0 : facts.crc32, true);
  view.setUint32(18, zip64 ? MAX32 : later ? 0 : facts.compressedSize, true);
  view.setUint32(22, zip64 ? MAX32 : later ? 0 : facts.size, true);
  view.setUint16(26, name.length, true);
  view.setUint16(28, zip64 ? 20 : 0, true);
  bytes.set(name, LOCAL_BYTES);
  if (zip64) {
    const sizes = later ? [0, 0] : [facts.size, facts.compressedSize];
    setZip64Extra(view, LOCAL_BYTES + name.length, sizes);
  }
  return bytes;
}

export function localHeaderBytes(name: Uint8Array, zip64: boolean): number {
  return LOCAL_BYTES + name.length + (zip64 ? 20 : 0);
}

export function descriptor(facts: MemberFacts): Uint8Array {
  const bytes = new Uint8Array(descriptorBytes(facts.zip64));
  const view = viewOf(bytes);
  view.setUint32(0, DESCRIPTOR_SIGNATURE, true);
  view.setUint32(4, facts.crc32, true);
  if (facts.zip64) {
    setUint64(view, 8, facts.compressedSize);
    setUint64(view, 16, facts.size);
  } else {
    view.setUint32(8, facts.compressedSize, true);
    view.setUint32(12, facts.size, true);
  }
  return bytes;
}

export function descriptorBytes(zip64: boolean): number {
  return zip64 ? 24 : 16;
}

export function centralHeader(facts: MemberFacts): Uint8Array {
  const { name, size, compressedSize, headerOffset } = facts;
  const large = largeFields(facts);
  const extraBytes = large.length === 0 ? 0 : 4 + 8 * large.length;
  const bytes = new Uint8Array(CENTRAL_BYTES + name.length + extraBytes);
  const view = viewOf(bytes);
  view.setUint32(0, CENTRAL_SIGNATURE, true);
  view.setUint16(4, MADE_ON_UNIX | versionOf(facts), true);
  setCommon(view, 6, facts);
  view.setUint32(16, facts.crc32, true);
  view.setUint32(20, Math.min(compressedSize, MAX32), true);
  view.setUint32(24, Math.min(size, MAX32), true);
  view.setUint16(28, name.length, true);
  view.setUint16(30, extraBytes, true);
  view.setUint32(38, FILE_MODE, true);
  view.setUint32(42, Math.min(headerOffset, MAX32), true);
  bytes.set(name, CENTRAL_BYTES);
  if (large.length > 0) setZip64Extra(view, CENTRAL_BYTES + name.length, large);
  return bytes;
}

export function centralHeaderBytes(facts: MemberFacts): number {
  const large = largeFields(facts).length;
  return CENTRAL_BYTES + facts.name.length + (large === 0 ? 0 : 4 + 8 * large);
}

/** The end of the archive: with ZIP64's record and locator where a number needs them. */
export function endRecords(count: number, directoryOffset: number, directoryBytes: number) {
  const zip64Bytes = endRecordsBytes(count, directoryOffset, directoryBytes) - END_BYTES;
  const bytes = new Uint8Array(zip64Bytes + END_BYTES);
  const view = viewOf(bytes);
  if (zip64Bytes > 0) {
    view.setUint32(0, END64_SIGNATURE, true);
    setUint64(view, 4, END64_BYTES - 12);
    view.setUint16(12, MADE_ON_UNIX | VERSION_ZIP64, true);
    view.setUint16(14, VERSION_ZIP64, true);
    setUint64(view, 24, count);
    setUint64(view, 32, count);
    setUint64(view, 40, directoryBytes);
    setUint64(view, 48, directoryOffset);
    view.setUint32(END64_BYTES, LOCATOR_SIGNATURE, true);
    setUint64(view, END64_BYTES + 8, directoryOffset + directoryBytes);
    view.setUint32(END64_BYTES + 16, 1, true);
  }
  view.setUint32(zip64Bytes, END_SIGNATURE, true);
  view.setUint16(zip64Bytes + 8, Math.min(count, MAX16), true);
  view.setUint16(zip64Bytes + 10, Math.min(count, MAX16), true);
  view.setUint32(zip64Bytes + 12, Math.min(directoryBytes, MAX32), true);
  view.setUint32(zip64Bytes + 16, Math.min(directoryOffset, MAX32), true);
  return bytes;
}

export function endRecordsBytes(count: number, offset: number, bytes: number): number {
  const zip64 = count >= MAX16 || offset >= MAX32 || bytes >= MAX32;
  return END_BYTES + (zip64 ? END64_BYTES + LOCATOR_BYTES : 0);
}

/** The values that do not fit their 32 bits in the directory, in the order of APPNOTE 4.5.3. */
function largeFields({ size, compressedSize, headerOffset }: MemberFacts): number[] {
  return [size, compressedSize, headerOffset].filter((value) => value >= MAX32);
}

function setZip64Extra(view: DataView, at: number, values: readonly number[]): void {
  view.setUint16(at, ZIP64_EXTRA, true);
  view.setUint16(at + 2, 8 * values.length, true);
  for (const [i, value] of values.entries()) setUint64(view, at + 4 + 8 * i, value);
}

function versionOf(facts: MemberFacts): number {
  return facts.zip64 || largeFields(facts).length > 0 ? VERSION_ZIP64 : VERSION;
}

/** Version, flags, method and time stand in this order in both headers. */
function setCommon(view: DataView, at: number, facts: MemberFacts): void {
  view.setUint16(at, versionOf(facts), true);
  view.setUint16(at + 2, facts.flags, true);
  view.setUint16(at + 4, facts.method, true);
  view.setUint16(at + 6, DOS_TIME, true);
  view.setUint16(at + 8, DOS_DATE, true);
}

/** A 64-bit number of an archive; undefined if it is beyond 2^53. */
export function safeUint64(view: DataView, at: number): number | undefined {
  const value = getUint64(view, at);
  return Number.isSafeInteger(value) ? value : undefined;
}
