import { viewOf } from "../little-endian.js";
import type { RangeReader } from "../range-reader.js";
import { readExactly } from "../read-exactly.js";
import { corruptZip } from "./corrupt-zip.js";
import { type EndOfZip, findEnd, TAIL_BYTES } from "./end-of-zip.js";
import { parseCentralHeader } from "./parse-central-header.js";
import { CENTRAL_BYTES, LOCAL_BYTES, type ZipEntry } from "./records.js";

export interface ZipDirectoryOptions {
  readonly signal?: AbortSignal | undefined;
  /** More members are refused; 1,000,000 unless given. */
  readonly maxEntries?: number | undefined;
}

/** A directory of more bytes is refused, whatever the number of its entries. */
const MAX_DIRECTORY_BYTES = 256 * 1024 * 1024;

/**
 * The members of a zip archive in the order of the directory, from one read of its end, and another
 * where the directory is longer than 64 KiB. Throws `corrupt-format` for archives that could be read
 * in two ways (names that come twice, members that overlap, a directory that is not where it is said
 * to be), names that leave the folder, and more entries than allowed; `unsupported` for encrypted members, other
 * compressions than deflate, and archives of several volumes.
 */
export async function readZipDirectory(
  reader: RangeReader,
  { signal, maxEntries = 1_000_000 }: ZipDirectoryOptions = {},
): Promise<ZipEntry[]> {
  const tailStart = Math.max(0, reader.size - TAIL_BYTES);
  const tail = await readExactly(reader, tailStart, reader.size, signal);
  const end = await findEnd(reader, tail, signal);
  checkBounds(end, maxEntries);
  const { offset, bytes } = end;
  const directory =
    offset >= tailStart
      ? tail.subarray(offset - tailStart, offset - tailStart + bytes)
      : await readExactly(reader, offset, offset + bytes, signal);
  return withLimits(parseEntries(directory, end), end);
}

function checkBounds({ count, bytes }: EndOfZip, maxEntries: number): void {
  if (count > maxEntries) {
    throw corruptZip(`it says to have ${count} members; ${maxEntries} are allowed (maxEntries)`);
  }
  if (bytes > MAX_DIRECTORY_BYTES) {
    throw corruptZip(`its directory says to have ${bytes} bytes; 256 MiB is the most`);
  }
  if (count * CENTRAL_BYTES > bytes) throw corruptZip("its directory is too short for its members");
}

type Entry = Omit<ZipEntry, "limit">;

function parseEntries(directory: Uint8Array, { count }: EndOfZip): Entry[] {
  const view = viewOf(directory);
  const names = new Set<string>();
  const entries: Entry[] = [];
  let at = 0;
  while (entries.length < count) {
    const { entry, next } = parseCentralHeader(directory, view, at);
    if (names.has(entry.name)) {
      throw corruptZip(`it has two members ${JSON.stringify(entry.name)}`);
    }
    names.add(entry.name);
    entries.push(entry);
    at = next;
  }
  if (at !== directory.length) throw corruptZip("its directory has more than its members");
  return entries;
}

/** Proves that no two members share a byte, as far as the directory tells. */
function withLimits(entries: readonly Entry[], end: EndOfZip): ZipEntry[] {
  const order = entries.map((_, index) => index);
  order.sort((a, b) => entries[a]!.headerOffset - entries[b]!.headerOffset);
  const complete = new Array<ZipEntry>(entries.length);
  let limit = end.offset;
  for (const index of order.reverse()) {
    const entry = entries[index]!;
    const least = LOCAL_BYTES + Buffer.byteLength(entry.name) + entry.compressedSize;
    if (least > limit - entry.headerOffset) {
      throw corruptZip(`its member ${JSON.stringify(entry.name)} reaches into what follows it`);
    }
    complete[index] = { ...entry, limit };
    limit = entry.headerOffset;
  }
  return complete;
}
