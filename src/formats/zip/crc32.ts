import * as zlib from "node:zlib";

/**
 * CRC-32 (ISO 3309, as zip has it) of the bytes; `previous` is the value of what came before them.
 * Node's own gives 0 for an empty array, whatever came before.
 */
export function crc32(bytes: Uint8Array, previous = 0): number {
  return bytes.length === 0 ? previous : zlib.crc32(bytes, previous);
}
