import { corruptParquet } from "./corrupt-parquet.js";

/** Types of Thrift's compact protocol. */
const STOP = 0;
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** Deeper than any struct of parquet.thrift. */
const MAX_DEPTH = 12;
const MAX_VARINT_BYTES = 10;

/**
 * Passes over one struct in Thrift's compact protocol and gives its end. Throws `corrupt-format` unless it ends within
 * the bytes, with lists no longer than their bytes: hyparquet takes memory for as many elements as a list says to have.
 */
export function checkCompact(bytes: Uint8Array, from: number): number {
  return new CompactCheck(bytes, from).end();
}

class CompactCheck {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes;
    this.#at = from;
  }

  end(): number {
    this.#struct(0);
    return this.#at;
  }

  #struct(depth: number): void {
    if (depth > MAX_DEPTH) throw corruptParquet("its metadata is nested too deeply");
    for (;;) {
      const head = this.#byte();
      const type = head & 0x0f;
      if (type === STOP) return;
      if (head >> 4 === 0) this.#varint();
      // A field holds its boolean in its type.
      if (type !== TRUE && type !== FALSE) this.#value(type, depth);
    }
  }

  #value(type: number, depth: number): void {
    if (type <= BYTE) this.#skip(1);
    else if (type >= I16 && type <= I64) this.#varint();
    else if (type === DOUBLE) this.#skip(8);
    else if (type === BINARY) this.#skip(this.#varint());
    else if (type === LIST) this.#list(depth + 1);
    else if (type === STRUCT) this.#struct(depth + 1);
    else throw corruptParquet(`its metadata has a field of the unknown type ${type}`);
  }

  #list(depth: number): void {
    if (depth > MAX_DEPTH) throw corruptParquet("its metadata is nested too deeply");
    const head = this.#byte();
    const type = head & 0x0f;
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    // Each element has at least one byte.
    if (count > this.#bytes.length - this.#at) throw corruptParquet("a list of it is too long");
    for (let i = 0; i < count; i++) this.#value(type, depth);
  }

  #varint(): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw corruptParquet("its metadata has a number that does not end");
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw corruptParquet("its metadata ends inside a struct");
    return byte;
  }

  #skip(count: number): void {
    this.#at += count;
    if (this.#at > this.#bytes.length) throw corruptParquet("its metadata ends inside a struct");
  }
}
