import { abortable } from "../../core/index.js";
import { viewOf } from "../little-endian.js";
import type { RangeReader } from "../range-reader.js";
import { readExactly } from "../read-exactly.js";
import {
  checkHeader,
  HEADER_BYTES,
  type TfRecordEntry,
  tfRecordSize,
  truncated,
} from "./framing.js";
import { TfRecordParser } from "./parser.js";
import type { TfRecordReadOptions } from "./read.js";

/** `maxRecordBytes` counts here too; give more to index a file of huge records. */
export type TfRecordIndexOptions = TfRecordReadOptions;

/** What is read at once where records are shorter than it. */
const WINDOW_BYTES = 64 * 1024;

/**
 * Where each record of a file is, from the headers alone, whose checksums are verified: data is
 * passed over where it is longer than 64 KiB. Each such jump is a read of its own, so that a whole
 * stream (`indexTfRecordStream`) may be faster where a read takes long.
 */
export async function* indexTfRecords(
  reader: RangeReader,
  options: TfRecordIndexOptions = {},
): AsyncGenerator<TfRecordEntry, void, undefined> {
  let window: Uint8Array = new Uint8Array(0);
  let view = viewOf(window);
  let windowStart = 0;
  let length = 0;
  for (let offset = 0; offset < reader.size; offset += length) {
    if (offset + HEADER_BYTES > reader.size) throw truncated(offset, reader.size);
    if (offset + HEADER_BYTES > windowStart + window.length) {
      const wanted = length < WINDOW_BYTES ? WINDOW_BYTES : HEADER_BYTES;
      const end = Math.min(offset + wanted, reader.size);
      window = await readExactly(reader, offset, end, options.signal);
      view = viewOf(window);
      windowStart = offset;
    }
    const { dataBytes } = checkHeader(view, offset - windowStart, offset, options);
    length = tfRecordSize(dataBytes);
    if (offset + length > reader.size) throw truncated(offset, reader.size);
    yield { offset, length };
  }
}

/** Where each record of a file is, from all its bytes, which are verified as in `readTfRecords`. */
export async function* indexTfRecordStream(
  source: AsyncIterable<Uint8Array>,
  options: TfRecordIndexOptions = {},
): AsyncGenerator<TfRecordEntry, void, undefined> {
  const parser = new TfRecordParser(options);
  for await (const chunk of abortable(source, options.signal, "index TFRecords")) {
    for (const _ of parser.push(chunk)) yield parser.entry;
  }
  parser.end();
}
