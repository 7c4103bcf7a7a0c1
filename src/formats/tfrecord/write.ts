import { crc32c } from "../../core/index.js";
import { viewOf } from "../little-endian.js";
import {
  FOOTER_BYTES,
  HEADER_BYTES,
  masked,
  type TfRecordEntry,
  tfRecordSize,
  writeHeader,
} from "./framing.js";

export interface TfRecordWriteOptions {
  /** Is told where each record is, to write an index beside. */
  readonly onRecord?: ((entry: TfRecordEntry) => void) | undefined;
}

/** Small records share a block of this size; data from `COPIED_BYTES` on is passed on as it is. */
const BLOCK_BYTES = 1024 * 1024;
const COPIED_BYTES = 32 * 1024;

/**
 * A TFRecord file as a stream of chunks; `tfRecordSize` tells each record's length before. Large
 * records are not copied, so that a chunk is valid until the next one is asked for.
 */
export async function* tfRecordChunks(
  records: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { onRecord }: TfRecordWriteOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  let block = new Uint8Array(BLOCK_BYTES);
  let filled = 0;
  let flushed = 0;
  let offset = 0;
  for await (const data of records) {
    const copied = data.length < COPIED_BYTES;
    if (filled + HEADER_BYTES + FOOTER_BYTES + (copied ? data.length : 0) > BLOCK_BYTES) {
      if (filled > flushed) yield block.subarray(flushed, filled);
      block = new Uint8Array(BLOCK_BYTES);
      filled = 0;
      flushed = 0;
    }
    writeHeader(block, filled, data.length);
    filled += HEADER_BYTES;
    const checksum = masked(crc32c(data));
    if (copied) {
      block.set(data, filled);
      filled += data.length;
    } else {
      yield block.subarray(flushed, filled);
      flushed = filled;
      yield data;
    }
    viewOf(block).setUint32(filled, checksum, true);
    filled += FOOTER_BYTES;
    const length = tfRecordSize(data.length);
    onRecord?.({ offset, length });
    offset += length;
  }
  if (filled > flushed) yield block.subarray(flushed, filled);
}
