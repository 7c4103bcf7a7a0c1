/** Types of Thrift's compact protocol that Parquet's metadata is made of. */
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/**
 * Writes one struct in Thrift's compact protocol (the "Thrift Compact protocol encoding" of its specification).
 * Fields are added in the order of their numbers; integers are from 0 to 2^53.
 */
export class CompactWriter {
  #bytes = new Uint8Array(128);
  #length = 0;
  #lastField = 0;

  flag(field: number, value: boolean): this {
    return this.#head(field, value ? TRUE : FALSE);
  }

  /** Up to 127. */
  int8(field: number, value: number): this {
    this.#head(field, BYTE).#byte(value);
    return this;
  }

  int32(field: number, value: number): this {
    return this.#head(field, I32).#integer(value);
  }

  int64(field: number, value: number): this {
    return this.#head(field, I64).#integer(value);
  }

  text(field: number, text: string): this {
    return this.#head(field, BINARY).#text(text);
  }

  bytes(field: number, bytes: Uint8Array): this {
    this.#head(field, BINARY).#varint(bytes.length);
    return this.#raw(bytes);
  }

  struct(field: number, struct: CompactWriter): this {
    return this.#head(field, STRUCT).#raw(struct.finish());
  }

  int32s(field: number, values: readonly number[]): this {
    this.#list(field, I32, values.length);
    for (const value of values) this.#integer(value);
    return this;
  }

  texts(field: number, texts: readonly string[]): this {
    this.#list(field, BINARY, texts.length);
    for (const text of texts) this.#text(text);
    return this;
  }

  /** Structs as {@link finish} gave them. */
  structs(field: number, structs: readonly Uint8Array[]): this {
    this.#list(field, STRUCT, structs.length);
    for (const struct of structs) this.#raw(struct);
    return this;
  }

  /** The struct's bytes; nothing can be added after it. */
  finish(): Uint8Array {
    this.#byte(0);
    return this.#bytes.subarray(0, this.#length);
  }

  /** Parquet's field numbers are so close that the difference always has room beside the type. */
  #head(field: number, type: number): this {
    this.#byte(((field - this.#lastField) << 4) | type);
    this.#lastField = field;
    return this;
  }

  #list(field: number, type: number, count: number): void {
    this.#head(field, LIST);
    if (count < 15) this.#byte((count << 4) | type);
    else {
      this.#byte(0xf0 | type);
      this.#varint(count);
    }
  }

  /** Zigzag, which doubles what is not negative. */
  #integer(value: number): this {
    this.#varint(value * 2);
    return this;
  }

  #text(text: string): this {
    const bytes = Buffer.from(text);
    this.#varint(bytes.length);
    return this.#raw(bytes);
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#byte((rest % 128) | 128);
    this.#byte(rest);
  }

  #raw(bytes: Uint8Array): this {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = byte;
  }

  #room(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
