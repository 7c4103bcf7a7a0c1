import type { ValueCodec } from "../value-codec.js";

type Bytes = Uint8Array | ArrayBuffer | SharedArrayBuffer;

/** `Uint8Array` and what holds bytes: loaded as `Uint8Array`. Their SHA-256 is the blob's id, so that no digest is needed. */
export const bytesCodec: ValueCodec<Bytes> = {
  type: "bytes",
  format: "bin",
  matches: (value): value is Bytes =>
    value instanceof Uint8Array ||
    value instanceof ArrayBuffer ||
    value instanceof SharedArrayBuffer,
  encode: async (value) => (value instanceof Uint8Array ? value : new Uint8Array(value)),
  decode: (stored) => stored.bytes(),
};
