import { corruptTar } from "./corrupt-tar.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const SPACE = 0x20;
const NEWLINE = 0x0a;
const EQUALS = 0x3d;
/** Digits of a record's length: more than the largest extension header has. */
const MAX_LENGTH_DIGITS = 8;

/** A text of an archive. Throws `corrupt-format` for what is no UTF-8. */
export function decodeTarText(bytes: Uint8Array, offset: number): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw corruptTar(offset, "a name or attribute is no valid UTF-8");
  }
}

/**
 * The records of a pax extended header, `length key=value\n` each with the length of the whole
 * record in decimal (POSIX.1-2017, pax, "pax Extended Header"). Throws `corrupt-format`.
 */
export function parsePaxRecords(bytes: Uint8Array, offset: number): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    let length = 0;
    let digits = at;
    for (; digits < bytes.length && digits - at <= MAX_LENGTH_DIGITS; digits++) {
      const digit = bytes[digits]! - 0x30;
      if (digit < 0 || digit > 9) break;
      length = length * 10 + digit;
    }
    const end = at + length;
    if (digits === at || bytes[digits] !== SPACE || end > bytes.length || end <= digits + 1) {
      throw corruptTar(offset + at, "a pax record's length is wrong");
    }
    const equals = bytes.indexOf(EQUALS, digits + 1);
    if (bytes[end - 1] !== NEWLINE || equals < 0 || equals >= end) {
      throw corruptTar(offset + at, "a pax record has no `key=value` and newline");
    }
    const key = decodeTarText(bytes.subarray(digits + 1, equals), offset + at);
    // Values of other keys may be binary, such as `SCHILY.xattr`.
    if (KEPT_KEYS.has(key)) {
      records.set(key, decodeTarText(bytes.subarray(equals + 1, end - 1), offset + at));
    } else if (key.startsWith(SPARSE_PREFIX)) records.set(SPARSE_PREFIX, key);
    at = end;
  }
  return records;
}

const KEPT_KEYS = new Set(["path", "size", "linkpath"]);

/** Keys with this beginning say that a member's bytes are a sparse file's, in GNU's own coding. */
export const SPARSE_PREFIX = "GNU.sparse.";

/** Records as {@link parsePaxRecords} reads them. */
export function formatPaxRecords(records: readonly (readonly [string, string])[]): Uint8Array {
  return encoder.encode(
    records
      .map(([key, value]) => {
        const rest = encoder.encode(` ${key}=${value}\n`).length;
        // The length counts its own digits.
        let length = rest + 1;
        while (String(length).length + rest !== length) length = String(length).length + rest;
        return `${length} ${key}=${value}\n`;
      })
      .join(""),
  );
}
