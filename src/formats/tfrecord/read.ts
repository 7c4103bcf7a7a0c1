import { abortable } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import { viewOf } from "../little-endian.js";
import type { RangeReader } from "../range-reader.js";
import { readExactly } from "../read-exactly.js";
import {
  checkData,
  checkHeader,
  HEADER_BYTES,
  type TfRecordEntry,
  type TfRecordOptions,
  tfRecordSize,
  truncated,
} from "./framing.js";
import { TfRecordParser } from "./parser.js";

export interface TfRecordReadOptions extends TfRecordOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The data of each record of a TFRecord file, in order, in memory of one record and one chunk. A
 * record is valid until the next one is asked for. Throws `integrity` for a wrong checksum, and
 * `corrupt-format` with `details.offset`, where the record begins, if the file ends inside one.
 */
export async function* readTfRecords(
  source: AsyncIterable<Uint8Array>,
  options: TfRecordReadOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const parser = new TfRecordParser(options);
  for await (const chunk of abortable(source, options.signal, "read TFRecords")) {
    yield* parser.push(chunk);
  }
  parser.end();
}

/**
 * The data of the record that an index names, by one read of its bytes, verified as in
 * `readTfRecords`. Throws `corrupt-format` if there is no record of that length.
 */
export async function readTfRecordAt(
  reader: RangeReader,
  { offset, length }: TfRecordEntry,
  options: TfRecordReadOptions = {},
): Promise<Uint8Array> {
  const sound = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0;
  if (!sound || length < tfRecordSize(0)) {
    throw new LodeError({
      code: "invalid-argument",
      message: `no TFRecord can be at byte ${offset} with ${length} bytes; is the index of this file?`,
    });
  }
  if (offset + length > reader.size) throw truncated(offset, reader.size);
  const bytes = await readExactly(reader, offset, offset + length, options.signal);
  const view = viewOf(bytes);
  const header = checkHeader(view, 0, offset, options);
  if (tfRecordSize(header.dataBytes) !== length) {
    throw new LodeError({
      code: "corrupt-format",
      message: `the TFRecord at byte ${offset} has ${tfRecordSize(header.dataBytes)} bytes where the index says ${length}: the index is of another file`,
      details: { offset, length },
    });
  }
  const end = HEADER_BYTES + header.dataBytes;
  const data = bytes.subarray(HEADER_BYTES, end);
  checkData(data, view.getUint32(end, true), offset, header, options);
  return data;
}
