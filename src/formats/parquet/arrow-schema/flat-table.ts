import { viewOf } from "../../little-endian.js";

/**
 * A table of a FlatBuffers message (https://flatbuffers.dev/internals/), of which a field is read when it is asked for,
 * by its number in the schema. What leads beyond the message's end is a `RangeError`.
 */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;

  private constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  /** The root of the message that begins there. */
  static root(bytes: Uint8Array): FlatTable {
    const view = viewOf(bytes);
    return new FlatTable(view, view.getUint32(0, true));
  }

  uint8(field: number): number {
    const at = this.#field(field);
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  int16(field: number, absent: number): number {
    const at = this.#field(field);
    return at === undefined ? absent : this.#view.getInt16(at, true);
  }

  text(field: number): string | undefined {
    const at = this.#target(field);
    if (at === undefined) return undefined;
    const length = this.#view.getUint32(at, true);
    const { buffer, byteOffset, byteLength } = this.#view;
    if (length > byteLength - at - 4) throw new RangeError("a text ends behind the message");
    return Buffer.from(buffer, byteOffset + at + 4, length).toString("utf8");
  }

  table(field: number): FlatTable | undefined {
    const at = this.#target(field);
    return at === undefined ? undefined : new FlatTable(this.#view, at);
  }

  /** How many tables stand in a vector. */
  count(field: number): number {
    const at = this.#target(field);
    return at === undefined ? 0 : this.#view.getUint32(at, true);
  }

  /** One of the tables in a vector, by its place. */
  item(field: number, place: number): FlatTable {
    const at = (this.#target(field) as number) + 4 * (place + 1);
    return new FlatTable(this.#view, at + this.#view.getUint32(at, true));
  }

  /** Where a text, a table or a vector begins. */
  #target(field: number): number | undefined {
    const at = this.#field(field);
    return at === undefined ? undefined : at + this.#view.getUint32(at, true);
  }

  #field(field: number): number | undefined {
    const entries = this.#at - this.#view.getInt32(this.#at, true);
    const offset = 4 + 2 * field;
    if (offset >= this.#view.getUint16(entries, true)) return undefined;
    const distance = this.#view.getUint16(entries + offset, true);
    return distance === 0 ? undefined : this.#at + distance;
  }
}
