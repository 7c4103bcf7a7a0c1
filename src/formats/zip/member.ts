import { LodeError } from "../../errors.js";
import { viewOf } from "../little-endian.js";
import type { RangeReader } from "../range-reader.js";
import { MAX_ARRAY_BYTES, readExactly } from "../read-exactly.js";
import { corruptZip, unsupportedZip } from "./corrupt-zip.js";
import { crc32 } from "./crc32.js";
import { inflated } from "./deflate.js";
import {
  DESCRIPTOR_FLAG,
  LOCAL_BYTES,
  LOCAL_SIGNATURE,
  MAX32,
  METHODS,
  type ZipEntry,
} from "./records.js";

export interface ZipReadOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Most bytes that a compressed member is unpacked to in memory; more is `unsupported`, since a small
   * file can hold a thousand times its size. Default 1 GiB.
   */
  readonly maxInflatedBytes?: number | undefined;
}

const MAX_INFLATED_BYTES = 2 ** 30;

/** Bytes of a read while a member is streamed. */
const READ_BYTES = 1024 * 1024;

/**
 * A stored member as a source of its own, for reading parts of it. Parts have no checksum in a zip:
 * nothing but the local header is verified. Throws `unsupported` for a compressed member.
 */
export async function openStoredMember(
  reader: RangeReader,
  entry: ZipEntry,
  { signal }: ZipReadOptions = {},
): Promise<RangeReader> {
  if (entry.compression !== "stored") {
    throw unsupportedZip(
      `${shown(entry)} is compressed, and has to be read whole; store it to read parts`,
    );
  }
  const start = await contentStart(reader, entry, signal);
  return { size: entry.size, read: (from, to) => reader.read(start + from, start + to) };
}

/**
 * The content of a member in chunks. Length and CRC-32 are verified; since a stream is used before
 * its end, it is proved only when the iteration ends without `integrity` or `corrupt-format`.
 */
export async function* zipMemberChunks(
  reader: RangeReader,
  entry: ZipEntry,
  { signal }: ZipReadOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const start = await contentStart(reader, entry, signal);
  async function* stored(): AsyncGenerator<Uint8Array, void, undefined> {
    const end = start + entry.compressedSize;
    for (let at = start; at < end; at += READ_BYTES) {
      yield await readExactly(reader, at, Math.min(at + READ_BYTES, end), signal);
    }
  }
  const chunks =
    entry.compression === "stored" ? stored() : inflated(stored(), entry.compressedSize);
  let size = 0;
  let crc = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > entry.size) throw wrongSize(entry, "more");
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (size !== entry.size) throw wrongSize(entry, `${size}`);
  checkCrc(entry, crc);
}

/** The whole content of a member, its length and CRC-32 verified. */
export async function readZipMember(
  reader: RangeReader,
  entry: ZipEntry,
  options: ZipReadOptions = {},
): Promise<Uint8Array> {
  if (entry.size > MAX_ARRAY_BYTES) {
    throw unsupportedZip(`${shown(entry)} has ${entry.size} bytes, too many at once; read parts`);
  }
  if (entry.compression === "stored") {
    const start = await contentStart(reader, entry, options.signal);
    const bytes = await readExactly(reader, start, start + entry.size, options.signal);
    checkCrc(entry, crc32(bytes));
    return bytes;
  }
  const { maxInflatedBytes = MAX_INFLATED_BYTES } = options;
  if (entry.size > maxInflatedBytes) {
    throw unsupportedZip(
      `${shown(entry)} unpacks to ${entry.size} bytes; ${maxInflatedBytes} are allowed (maxInflatedBytes)`,
    );
  }
  const bytes = new Uint8Array(entry.size);
  let at = 0;
  for await (const chunk of zipMemberChunks(reader, entry, options)) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Where the content begins, which only the local header tells. It must agree with the directory. */
async function contentStart(
  reader: RangeReader,
  entry: ZipEntry,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { headerOffset, compressedSize, limit } = entry;
  const name = Buffer.from(entry.name);
  const fixed = headerOffset + LOCAL_BYTES + name.length;
  const header = await readExactly(reader, headerOffset, fixed, signal);
  const view = viewOf(header);
  const later = (view.getUint16(6, true) & DESCRIPTOR_FLAG) !== 0;
  const sizeAgrees = (at: number, size: number): boolean => {
    const here = view.getUint32(at, true);
    return later || here === size || here === MAX32;
  };
  const same =
    view.getUint32(0, true) === LOCAL_SIGNATURE &&
    view.getUint16(8, true) === METHODS[entry.compression] &&
    view.getUint16(26, true) === name.length &&
    name.equals(header.subarray(LOCAL_BYTES)) &&
    (later || view.getUint32(14, true) === entry.crc32) &&
    sizeAgrees(18, compressedSize) &&
    sizeAgrees(22, entry.size);
  if (!same) throw corruptZip(`${shown(entry)} has a header that contradicts the directory`);
  const start = fixed + view.getUint16(28, true);
  if (start + compressedSize > limit) {
    throw corruptZip(`${shown(entry)} reaches into what follows it`);
  }
  return start;
}

function checkCrc(entry: ZipEntry, actual: number): void {
  if (actual === entry.crc32) return;
  throw new LodeError({
    code: "integrity",
    message: `the zip is damaged: ${shown(entry)} has another CRC-32 than the directory says`,
    details: { member: entry.name, expected: entry.crc32, actual },
  });
}

function wrongSize(entry: ZipEntry, actual: string): LodeError {
  return corruptZip(`${shown(entry)} says to have ${entry.size} bytes, and holds ${actual}`);
}

function shown(entry: ZipEntry): string {
  return `its member ${JSON.stringify(entry.name.slice(0, 200))}`;
}
