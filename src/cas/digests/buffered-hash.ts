import { createHash } from "node:crypto";
import { endianness } from "node:os";

/** Up to this many bytes are collected: a call of the hash costs as much as hashing about 500. */
const BUFFER_BYTES = 16 * 1024;
const BIG_ENDIAN = endianness() === "BE";

export type WordArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** A SHA-256 that takes many small pieces. */
export class BufferedHash {
  readonly #hash = createHash("sha256");
  #buffer: Buffer | undefined;
  #filled = 0;
  #bytes = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#bytes;
  }

  update(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (bytes.length >= BUFFER_BYTES) {
      this.#flush();
      this.#hash.update(bytes);
      return;
    }
    if (this.#filled + bytes.length > BUFFER_BYTES) this.#flush();
    this.#buffer ??= Buffer.allocUnsafe(BUFFER_BYTES);
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** The elements, little-endian. */
  words(array: WordArray): void {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    this.update(BIG_ENDIAN ? swapped(bytes, array.BYTES_PER_ELEMENT) : bytes);
  }

  hex(): string {
    this.#flush();
    return this.#hash.digest("hex");
  }

  #flush(): void {
    if (this.#filled > 0) this.#hash.update(this.#buffer!.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

function swapped(bytes: Uint8Array, wordBytes: number): Uint8Array {
  const copy = Buffer.from(bytes);
  if (wordBytes === 2) return copy.swap16();
  if (wordBytes === 4) return copy.swap32();
  return wordBytes === 8 ? copy.swap64() : copy;
}
