import { corruptZip, unsupportedZip } from "./corrupt-zip.js";
import { checkMemberName } from "./member-name.js";
import {
  CENTRAL_BYTES,
  CENTRAL_SIGNATURE,
  ENCRYPTED_FLAGS,
  MAX32,
  METHODS,
  safeUint64,
  UTF8_FLAG,
  ZIP64_EXTRA,
  type ZipEntry,
} from "./records.js";

/** No deflate stream grows by more when it is read (zlib's technical details). */
const MAX_DEFLATE_RATIO = 1032;

/** The entry at `at` of the directory, and where the next one begins. */
export function parseCentralHeader(
  directory: Uint8Array,
  view: DataView,
  at: number,
): { readonly entry: Omit<ZipEntry, "limit">; readonly next: number } {
  if (at + CENTRAL_BYTES > directory.length || view.getUint32(at, true) !== CENTRAL_SIGNATURE) {
    throw corruptZip("its directory ends before its last member");
  }
  const flags = view.getUint16(at + 8, true);
  const nameEnd = at + CENTRAL_BYTES + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > directory.length) throw corruptZip("its directory ends inside a member");
  const name = decodeName(directory.subarray(at + CENTRAL_BYTES, nameEnd), flags);
  const shown = `its member ${JSON.stringify(name.slice(0, 200))}`;
  const unfit = checkMemberName(name);
  if (unfit !== undefined) throw corruptZip(`${shown} has a name that is refused: ${unfit}`);
  if ((flags & ENCRYPTED_FLAGS) !== 0) throw unsupportedZip(`${shown} is encrypted`);
  const method = view.getUint16(at + 10, true);
  if (method !== METHODS.stored && method !== METHODS.deflate) {
    throw unsupportedZip(`${shown} is compressed by method ${method}; only deflate (8) is read`);
  }
  const large = zip64Values(view, nameEnd, extraEnd, shown);
  const take = (value: number): number => {
    if (value !== MAX32) return value;
    const full = large.shift();
    if (full === undefined) throw corruptZip(`${shown} has a ZIP64 number that is missing`);
    return full;
  };
  const size = take(view.getUint32(at + 24, true));
  const compressedSize = take(view.getUint32(at + 20, true));
  const headerOffset = take(view.getUint32(at + 42, true));
  if (view.getUint16(at + 34, true) !== 0) throw unsupportedZip(`${shown} is in another volume`);
  if (method === METHODS.stored && size !== compressedSize) {
    throw corruptZip(`${shown} is stored, and has two sizes`);
  }
  if (size > compressedSize * MAX_DEFLATE_RATIO) {
    throw corruptZip(
      `${shown} says to have ${size} bytes, more than deflate can hold in ${compressedSize}`,
    );
  }
  const compression = method === METHODS.stored ? "stored" : "deflate";
  const crc32 = view.getUint32(at + 16, true);
  return { entry: { name, compression, size, compressedSize, crc32, headerOffset }, next };
}

/** The 64-bit numbers of the ZIP64 extra field, in their order; those of one that is not there: none. */
function zip64Values(view: DataView, from: number, to: number, shown: string): number[] {
  for (let at = from; at + 4 <= to; ) {
    const id = view.getUint16(at, true);
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > to) throw corruptZip(`${shown} has an extra field that does not end`);
    if (id === ZIP64_EXTRA) {
      const values: number[] = [];
      for (let value = at + 4; value + 8 <= end && values.length < 3; value += 8) {
        const number = safeUint64(view, value);
        if (number === undefined) throw corruptZip(`${shown} has a number beyond 2^53`);
        values.push(number);
      }
      return values;
    }
    at = end;
  }
  return [];
}

function decodeName(bytes: Uint8Array, flags: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  const lossless = Buffer.from(text).equals(bytes);
  if (!lossless) throw corruptZip("the name of a member is not UTF-8");
  if (text.length !== bytes.length && (flags & UTF8_FLAG) === 0) {
    throw unsupportedZip(
      `its member ${JSON.stringify(text.slice(0, 200))} does not say that its name is UTF-8`,
    );
  }
  return text;
}
