const MAGIC = 0xfd2fb528;
/** A single segment with a content size of four bytes (RFC 8878 §3.1.1.1.1). */
const DESCRIPTOR = 0xa0;
const HEADER_BYTES = 9;
const BLOCK_HEADER_BYTES = 3;
/** The largest block (RFC 8878 §3.1.1.2.4). */
const BLOCK_BYTES = 128 * 1024;

/** A zstd frame that holds bytes as they are, for what is too little to load a compressor for. */
export function storedFrame(bytes: Uint8Array): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK_BYTES));
  const frame = new Uint8Array(HEADER_BYTES + blocks * BLOCK_HEADER_BYTES + bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, DESCRIPTOR);
  view.setUint32(5, bytes.length, true);
  let at = HEADER_BYTES;
  for (let block = 0; block < blocks; block++) {
    const content = bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
    // Bit 0: the last one; bits 1 and 2: raw; then its size.
    const header = (block === blocks - 1 ? 1 : 0) | (content.length << 3);
    view.setUint16(at, header & 0xffff, true);
    view.setUint8(at + 2, header >>> 16);
    frame.set(content, at + BLOCK_HEADER_BYTES);
    at += BLOCK_HEADER_BYTES + content.length;
  }
  return frame;
}
