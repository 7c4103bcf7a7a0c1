import { LodeError } from "../../errors.js";
import { getUint64, setUint64, viewOf } from "../little-endian.js";
import { type TfRecordEntry, tfRecordSize } from "./framing.js";

/**
 * `text` has a line `offset length` for each record, as DALI's `tfrecord2idx` writes it; `binary`
 * has two unsigned 64-bit numbers, little-endian. Lengths are of whole records in both.
 */
export type TfRecordIndexForm = "text" | "binary";

const ENTRY_BYTES = 16;
const LINE = /^([0-9]{1,16}) ([0-9]{1,16})\r?$/;
/** Two numbers of 16 digits, a space, and a line's end. */
const MAX_LINE = 35;

export function encodeTfRecordIndex(
  entries: readonly TfRecordEntry[],
  form: TfRecordIndexForm,
): Uint8Array {
  if (form === "text") {
    return Buffer.from(entries.map(({ offset, length }) => `${offset} ${length}\n`).join(""));
  }
  const bytes = new Uint8Array(entries.length * ENTRY_BYTES);
  const view = viewOf(bytes);
  for (const [i, { offset, length }] of entries.entries()) {
    setUint64(view, i * ENTRY_BYTES, offset);
    setUint64(view, i * ENTRY_BYTES + 8, length);
  }
  return bytes;
}

/**
 * The entries of an index of either form, which the bytes tell. Throws `corrupt-format` for what is
 * neither, and for entries that no file can have.
 */
export function parseTfRecordIndex(bytes: Uint8Array): TfRecordEntry[] {
  // The eighth byte of a number below 2^53 is zero, which no text has.
  return bytes.length >= ENTRY_BYTES && bytes[7] === 0 ? parseBinary(bytes) : parseText(bytes);
}

function parseBinary(bytes: Uint8Array): TfRecordEntry[] {
  if (bytes.length % ENTRY_BYTES !== 0) {
    throw corrupt(`its ${bytes.length} bytes are no multiple of ${ENTRY_BYTES}`);
  }
  const view = viewOf(bytes);
  return Array.from({ length: bytes.length / ENTRY_BYTES }, (_, i) =>
    checked(getUint64(view, i * ENTRY_BYTES), getUint64(view, i * ENTRY_BYTES + 8), i),
  );
}

function parseText(bytes: Uint8Array): TfRecordEntry[] {
  const entries: TfRecordEntry[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < buffer.length; ) {
    const found = buffer.indexOf(0x0a, at);
    const end = found === -1 ? buffer.length : found;
    const line = end - at > MAX_LINE ? "" : buffer.toString("latin1", at, end);
    const match = LINE.exec(line);
    if (match === null) throw corrupt(`line ${entries.length + 1} is not "offset length"`);
    entries.push(checked(Number(match[1]), Number(match[2]), entries.length));
    at = end + 1;
  }
  return entries;
}

function checked(offset: number, length: number, index: number): TfRecordEntry {
  if (length >= tfRecordSize(0) && Number.isSafeInteger(offset + length)) return { offset, length };
  throw corrupt(`record ${index} cannot be at byte ${offset} with ${length} bytes`);
}

function corrupt(why: string): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the data is no valid TFRecord index: ${why}`,
  });
}
