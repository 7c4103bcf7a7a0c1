/** What is written of a table's field. */
export type FlatValue = FlatNumber | FlatReferred;

/** In so many bytes. */
export interface FlatNumber {
  readonly bytes: 1 | 2 | 4;
  readonly number: number;
}

/** What stands elsewhere. */
export type FlatReferred =
  | FlatFields
  | { readonly text: string }
  | { readonly tables: readonly FlatFields[] };

/** A table: its fields by their numbers in the schema; those that are undefined have their default. */
export interface FlatFields {
  readonly fields: readonly (FlatValue | undefined)[];
}

/** Of an offset, a length, and what tables, texts and vectors are aligned to. */
const WORD = 4;

/** A FlatBuffers message with that root (https://flatbuffers.dev/internals/). What is referred to follows what refers to it. */
export function flatMessage(root: FlatFields): Uint8Array {
  const writer = new FlatWriter();
  writer.refer(writer.reserve(WORD), root);
  return writer.bytes;
}

class FlatWriter {
  #buffer = Buffer.alloc(1024);
  #length = 0;

  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Room for so many bytes, which are zeros; its place. */
  reserve(bytes: number, alignment = WORD): number {
    const at = Math.ceil(this.#length / alignment) * alignment;
    this.#length = at + bytes;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.alloc(2 * this.#length);
      this.#buffer.copy(larger);
      this.#buffer = larger;
    }
    return at;
  }

  /** Writes a value, and at `from` how far away it is. */
  refer(from: number, value: FlatReferred): void {
    const at = this.#write(value);
    this.#buffer.writeUInt32LE(at - from, from);
  }

  #write(value: FlatReferred): number {
    if ("text" in value) return this.#text(value.text);
    return "tables" in value ? this.#vector(value.tables) : this.#table(value);
  }

  /** It ends with a NUL that its length does not count. */
  #text(text: string): number {
    const bytes = Buffer.from(text);
    const at = this.reserve(WORD + bytes.length + 1);
    this.#buffer.writeUInt32LE(bytes.length, at);
    this.#buffer.set(bytes, at + WORD);
    return at;
  }

  #vector(tables: readonly FlatFields[]): number {
    const at = this.reserve(WORD * (1 + tables.length));
    this.#buffer.writeUInt32LE(tables.length, at);
    for (const [i, table] of tables.entries()) this.refer(at + WORD * (i + 1), table);
    return at;
  }

  /** The places of its fields stand in front of it. */
  #table({ fields }: FlatFields): number {
    const header = this.reserve(2 * (2 + fields.length));
    const at = this.reserve(WORD);
    const places = fields.map((value) => {
      if (value === undefined) return 0;
      return "bytes" in value ? this.reserve(value.bytes, value.bytes) : this.reserve(WORD);
    });
    this.#buffer.writeInt32LE(at - header, at);
    this.#buffer.writeUInt16LE(2 * (2 + fields.length), header);
    this.#buffer.writeUInt16LE(this.#length - at, header + 2);
    for (const [i, value] of fields.entries()) {
      if (value === undefined) continue;
      const place = places[i] as number;
      this.#buffer.writeUInt16LE(place - at, header + 2 * (2 + i));
      if ("bytes" in value) this.#buffer.writeUIntLE(value.number, place, value.bytes);
      else this.refer(place, value);
    }
    return at;
  }
}
