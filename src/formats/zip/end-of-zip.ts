import { viewOf } from "../little-endian.js";
import type { RangeReader } from "../range-reader.js";
import { readExactly } from "../read-exactly.js";
import { corruptZip, unsupportedZip } from "./corrupt-zip.js";
import {
  END_BYTES,
  END_SIGNATURE,
  END64_BYTES,
  END64_SIGNATURE,
  LOCATOR_BYTES,
  LOCATOR_SIGNATURE,
  MAX16,
  MAX32,
  safeUint64,
} from "./records.js";

/** Where the directory is. */
export interface EndOfZip {
  readonly count: number;
  readonly offset: number;
  readonly bytes: number;
}

/** The longest that the end of an archive can be: both records, the locator, and a comment. */
export const TAIL_BYTES = END64_BYTES + LOCATOR_BYTES + END_BYTES + MAX16;

/** Finds the directory from `tail`, the last `TAIL_BYTES` of the archive or all of it. */
export async function findEnd(
  reader: RangeReader,
  tail: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<EndOfZip> {
  const view = viewOf(tail);
  const at = findSignature(view);
  const position = reader.size - tail.length + at;
  if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 6, true) !== 0) {
    throw unsupportedZip("it is one of several volumes");
  }
  const end: EndOfZip = {
    count: view.getUint16(at + 10, true),
    bytes: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
  };
  if (view.getUint16(at + 8, true) !== end.count) throw corruptZip("it has two numbers of members");
  const locatorAt = at - LOCATOR_BYTES;
  const hasLocator = locatorAt >= 0 && view.getUint32(locatorAt, true) === LOCATOR_SIGNATURE;
  if (!hasLocator) return atItsPlace(end, position);

  const offset64 = safeUint64(view, locatorAt + 8);
  const available = position - LOCATOR_BYTES;
  if (offset64 === undefined || offset64 + END64_BYTES > available) {
    throw corruptZip("its ZIP64 locator points behind itself");
  }
  const record = await readExactly(reader, offset64, offset64 + END64_BYTES, signal);
  return atItsPlace(parseEnd64(record, available - offset64, end), offset64);
}

/** The last record whose comment ends with the archive. */
function findSignature(view: DataView): number {
  for (let at = view.byteLength - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END_SIGNATURE) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  throw corruptZip("it does not end as one; it may be cut off");
}

function parseEnd64(record: Uint8Array, available: number, end: EndOfZip): EndOfZip {
  const view = viewOf(record);
  if (view.getUint32(0, true) !== END64_SIGNATURE || safeUint64(view, 4) !== available - 12) {
    throw corruptZip("its ZIP64 record is not where its locator says");
  }
  if (view.getUint32(16, true) !== 0 || view.getUint32(20, true) !== 0) {
    throw unsupportedZip("it is one of several volumes");
  }
  const count = safeUint64(view, 32);
  const bytes = safeUint64(view, 40);
  const offset = safeUint64(view, 48);
  if (count === undefined || bytes === undefined || offset === undefined) {
    throw corruptZip("its ZIP64 record has numbers beyond 2^53");
  }
  const same =
    safeUint64(view, 24) === count &&
    (end.count === MAX16 || end.count === count) &&
    (end.bytes === MAX32 || end.bytes === bytes) &&
    (end.offset === MAX32 || end.offset === offset);
  if (!same) throw corruptZip("its ZIP64 record and its end contradict each other");
  return { count, bytes, offset };
}

/** Bytes before the archive or between directory and end would let another program read another one. */
function atItsPlace(end: EndOfZip, position: number): EndOfZip {
  if (end.offset + end.bytes === position) return end;
  throw corruptZip("its directory does not end where its end begins");
}
