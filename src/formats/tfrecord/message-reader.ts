import { LodeError } from "../../errors.js";
import { FIXED32, LENGTH_DELIMITED, VARINT } from "./example.js";

/** Walks the fields of one protobuf message. Each field's value must be taken before `next`. */
export class MessageReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  field = 0;
  wireType = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Goes to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#at === this.#bytes.length) return false;
    const tag = this.#uint32();
    this.field = tag >>> 3;
    this.wireType = tag & 7;
    return true;
  }

  /** The bytes of the value: of a string or message without its length, of a varint as they stand. */
  value(): Uint8Array {
    const length = this.wireType === LENGTH_DELIMITED ? this.#uint32() : this.#scalarBytes();
    if (length > this.#bytes.length - this.#at) {
      throw corruptExample(`a field reaches beyond its message (byte ${this.#at})`);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #scalarBytes(): number {
    if (this.wireType === FIXED32) return 4;
    if (this.wireType !== VARINT) {
      throw corruptExample(`wire type ${this.wireType} has no place in it`);
    }
    let length = 1;
    while (length <= 10 && this.#bytes[this.#at + length - 1]! >= 0x80) length++;
    return length;
  }

  /** A tag or a length: both are below 2^32. */
  #uint32(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 0x80) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value < 2 ** 32) return value;
        break;
      }
    }
    throw corruptExample(`a tag or a length is cut off or too long (byte ${this.#at})`);
  }
}

export function corruptExample(why: string): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the data is no tf.train.Example: ${why}`,
  });
}
