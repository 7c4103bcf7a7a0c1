import { LodeError } from "../../errors.js";
import { viewOf } from "../little-endian.js";
import type { RangeReader } from "../range-reader.js";
import { readExactly } from "../read-exactly.js";
import { SKIPPABLE_MAGIC, skippableFrame } from "./frame-scanner.js";

/** A frame of a seekable file, both in bytes. */
export interface ZstdFrameSize {
  readonly compressed: number;
  readonly decompressed: number;
}

export interface SeekTableOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The table is the content of a skippable frame of magic 0x184D2A5E. */
const KIND = 14;
const FRAME_HEADER_BYTES = 8;
/** Number of frames (u32), descriptor (u8), magic (u32). */
const FOOTER_BYTES = 9;
const FOOTER_MAGIC = 0x8f92eab1;
const CHECKSUM_FLAG = 0x80;
const RESERVED_BITS = 0x7c;
/** `ZSTD_SEEKABLE_MAXFRAMES`. */
const MAX_FRAMES = 0x8000000;
const MAX_U32 = 0xffffffff;
/** The shortest frame, a skippable one without content. */
const LEAST_FRAME_BYTES = 8;
/** Enough for the table of nearly every file, so that one read does. */
const FIRST_READ = 64 * 1024;
const MAX_TABLE_BYTES = 64 * 1024 * 1024;

/**
 * The frame that ends a seekable file, behind frames of these sizes in order; other readers of zstd pass
 * over it. Format: zstd's "Zstandard Seekable Format" 0.1.0, without checksums. Throws
 * `invalid-argument` for what the format has no room for.
 */
export function seekTable(frames: readonly ZstdFrameSize[]): Uint8Array {
  if (frames.length > MAX_FRAMES) {
    throw invalid(`${frames.length} frames are more than ${MAX_FRAMES}; use larger ones`);
  }
  const content = new Uint8Array(8 * frames.length + FOOTER_BYTES);
  const view = viewOf(content);
  for (const [i, { compressed, decompressed }] of frames.entries()) {
    if (!isUint32(compressed) || !isUint32(decompressed)) {
      throw invalid(
        `frame ${i} of ${compressed} bytes for ${decompressed} is none; 2^32 - 1 is the most`,
      );
    }
    view.setUint32(8 * i, compressed, true);
    view.setUint32(8 * i + 4, decompressed, true);
  }
  const footer = content.length - FOOTER_BYTES;
  view.setUint32(footer, frames.length, true);
  view.setUint32(footer + 5, FOOTER_MAGIC, true);
  return skippableFrame(KIND, content);
}

/**
 * The frames that the table at the end of a seekable file tells, in order; checksums of theirs are passed
 * over. Resolves to `undefined` for a file that does not end in a table. Throws `corrupt-format` for a table
 * whose frames do not fill the rest of the file exactly, `unsupported` for one of more than 64 MiB.
 */
export async function readSeekTable(
  source: RangeReader,
  { signal }: SeekTableOptions = {},
): Promise<ZstdFrameSize[] | undefined> {
  if (source.size < FRAME_HEADER_BYTES + FOOTER_BYTES) return undefined;
  const from = Math.max(0, source.size - FIRST_READ);
  const tail = await readExactly(source, from, source.size, signal);
  const footer = viewOf(tail.subarray(-FOOTER_BYTES));
  if (footer.getUint32(5, true) !== FOOTER_MAGIC) return undefined;

  const count = footer.getUint32(0, true);
  const descriptor = footer.getUint8(4);
  if ((descriptor & RESERVED_BITS) !== 0) throw corrupt("its reserved bits are set");
  const entryBytes = (descriptor & CHECKSUM_FLAG) === 0 ? 8 : 12;
  const contentBytes = count * entryBytes + FOOTER_BYTES;
  const dataBytes = source.size - FRAME_HEADER_BYTES - contentBytes;
  if (dataBytes < count * LEAST_FRAME_BYTES) {
    throw corrupt(
      `the file of ${source.size} bytes has no room for the ${count} frames that it tells`,
    );
  }
  if (contentBytes > MAX_TABLE_BYTES) {
    throw new LodeError({
      code: "unsupported",
      message: `a seek table of ${contentBytes} bytes is not read; ${MAX_TABLE_BYTES} are the most`,
    });
  }
  const table =
    dataBytes >= from
      ? tail.subarray(dataBytes - from)
      : await readExactly(source, dataBytes, source.size, signal);
  return parseFrames(viewOf(table), { count, entryBytes, contentBytes, dataBytes });
}

interface TableShape {
  readonly count: number;
  readonly entryBytes: number;
  readonly contentBytes: number;
  /** Bytes of the file before the table. */
  readonly dataBytes: number;
}

function parseFrames(table: DataView, shape: TableShape): ZstdFrameSize[] {
  const magic = table.getUint32(0, true);
  if (magic !== SKIPPABLE_MAGIC + KIND || table.getUint32(4, true) !== shape.contentBytes) {
    throw corrupt(`no skippable frame of ${shape.contentBytes} bytes begins where it should`);
  }
  const frames: ZstdFrameSize[] = [];
  let total = 0;
  for (let i = 0; i < shape.count; i++) {
    const at = FRAME_HEADER_BYTES + i * shape.entryBytes;
    const compressed = table.getUint32(at, true);
    if (compressed < LEAST_FRAME_BYTES) throw corrupt(`frame ${i} has ${compressed} bytes`);
    frames.push({ compressed, decompressed: table.getUint32(at + 4, true) });
    total += compressed;
  }
  if (total === shape.dataBytes) return frames;
  throw corrupt(`its frames take ${total} bytes where the file has ${shape.dataBytes}`);
}

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_U32;
}

function invalid(why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the zstd seek table cannot be: ${why}`,
  });
}

function corrupt(why: string): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the zstd seek table is damaged: ${why}`,
  });
}
