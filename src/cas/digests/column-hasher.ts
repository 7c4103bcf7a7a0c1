import { LodeError } from "../../errors.js";
import {
  type ColumnType,
  type ColumnValues,
  type ListData,
  type StructData,
  typeText,
  zeros,
} from "../../formats/index.js";
import { BufferedHash, type WordArray } from "./buffered-hash.js";
import { canonicalFloats, decimalWords, nullRows, withoutNulls } from "./canonical-words.js";
import { toNanoseconds } from "./nanoseconds.js";
import { hashPieces } from "./pieces.js";
import { slicedColumn } from "./sliced-column.js";

/** What of a type is part of the digest: see docs/formats/digests.md. */
function typeFacts(type: ColumnType): Record<string, unknown> {
  switch (type.kind) {
    case "timestamp":
      return type.zone === undefined
        ? { type: "timestamp" }
        : { type: "timestamp", zone: NAMES_OF_UTC.has(type.zone) ? "UTC" : type.zone };
    case "decimal":
      return { type: "decimal", precision: type.precision, scale: type.scale };
    case "int":
    case "float":
      return { type: typeText(type) };
    default:
      return { type: type.kind };
  }
}

const NAMES_OF_UTC = new Set(["UTC", "Etc/UTC", "Z", "+00:00"]);

/** Streams of one column, each a SHA-256 of its own, so that the split into batches leaves no trace. */
export class ColumnHasher {
  readonly #type: ColumnType;
  readonly #where: string;
  /** Of the values, or of their lengths where they have any. */
  readonly #values = new BufferedHash();
  /** Of text and bytes. */
  readonly #pieces = new BufferedHash();
  /** Rows without a value: a column that could have nulls and has none is equal to one that cannot. */
  readonly #nulls = new BufferedHash();
  /** Instants beyond 64 bits of nanoseconds. */
  readonly #wide = new BufferedHash();
  readonly #parts: readonly ColumnHasher[];
  readonly #array: unknown;
  #rows = 0;

  constructor(type: ColumnType, where: string) {
    this.#type = type;
    this.#where = where;
    this.#parts =
      type.kind === "struct"
        ? type.fields.map((field) => new ColumnHasher(field.type, `${where}.${field.name}`))
        : type.kind === "list"
          ? [new ColumnHasher(type.item.type, `${where}[]`)]
          : [];
    if (type.kind !== "struct" && type.kind !== "list") this.#array = zeros(type, 0).constructor;
  }

  /** The values of the rows that follow. Throws `invalid-argument` for data of another type or length. */
  add(column: ColumnValues): void {
    const { length, valid } = column;
    if (valid !== undefined && valid.length < length) throw this.#wrong("too few marks of nulls");
    if (valid !== undefined) this.#nulls.words(nullRows(valid, length, this.#rows));
    const { kind } = this.#type;
    if (kind === "struct") this.#addStruct(column);
    else if (kind === "list") this.#addLists(column);
    else this.#addFlat(column);
    this.#rows += length;
  }

  finish(): Record<string, unknown> {
    const { kind } = this.#type;
    const [first] = this.#parts;
    return {
      ...typeFacts(this.#type),
      ...(kind === "struct"
        ? {
            fields: this.#type.fields.map(({ name }, i) => ({ name, ...this.#parts[i]?.finish() })),
          }
        : { [hasLengths(kind) ? "lengths" : "values"]: this.#values.hex() }),
      ...(kind === "list" && { item: first?.finish() }),
      ...((kind === "string" || kind === "bytes") && { bytes: this.#pieces.hex() }),
      ...(this.#nulls.size > 0 && { nulls: this.#nulls.hex() }),
      ...(this.#wide.size > 0 && { wide: this.#wide.hex() }),
    };
  }

  #addStruct({ length, data, valid }: ColumnValues): void {
    for (const [i, part] of this.#parts.entries()) {
      const column = (data as StructData).fields?.[i];
      if (column?.length !== length) throw this.#wrong("fields of another number of rows");
      part.add(valid === undefined ? column : { ...column, valid: bothOf(valid, column.valid) });
    }
  }

  #addLists({ length, data, valid }: ColumnValues): void {
    const { offsets, items } = data as ListData;
    if (offsets?.length !== length + 1) throw this.#wrong("offsets of another number of rows");
    const lengths = new Uint32Array(length);
    // What null rows have between their offsets is no part of the column.
    let start = offsets[0] as number;
    let end = start;
    if (!(start >= 0 && (offsets[length] as number) <= items.length)) {
      throw this.#wrong("offsets beyond its items");
    }
    for (let row = 0; row < length; row++) {
      const from = offsets[row] as number;
      const to = offsets[row + 1] as number;
      if (from > to) throw this.#wrong("offsets that do not rise");
      if (valid?.[row] === 0 || from === to) continue;
      if (from !== end) {
        this.#parts[0]?.add(slicedColumn(items, start, end));
        start = from;
      }
      lengths[row] = to - from;
      end = to;
    }
    this.#parts[0]?.add(slicedColumn(items, start, end));
    this.#values.words(lengths);
  }

  #addFlat({ length, data, valid }: ColumnValues): void {
    const type = this.#type;
    if (
      (data as object).constructor !== this.#array &&
      !(this.#array === Uint8Array && data instanceof Uint8Array)
    ) {
      throw this.#wrong("values of another type");
    }
    if ((data as ArrayLike<unknown>).length < length) throw this.#wrong("too few values");
    switch (type.kind) {
      case "string":
      case "bytes": {
        const pieces = data as readonly (string | Uint8Array)[];
        this.#values.words(hashPieces(pieces, length, valid, this.#pieces, this.#where));
        return;
      }
      case "decimal":
        this.#values.words(decimalWords(data as readonly bigint[], length, valid));
        return;
      case "timestamp":
      case "time":
      case "duration": {
        const ticks = withoutNulls(data as BigInt64Array, length, valid);
        const { low, wide } = toNanoseconds(ticks, type.unit);
        this.#values.words(low);
        for (const { row, high } of wide) {
          this.#wide.words(BigInt64Array.of(BigInt(this.#rows + row), high));
        }
        return;
      }
      case "float":
        this.#values.words(canonicalFloats(withoutNulls(data as Float64Array, length, valid)));
        return;
      default:
        this.#values.words(withoutNulls(data as WordArray, length, valid));
    }
  }

  #wrong(what: string): LodeError {
    return new LodeError({
      code: "invalid-argument",
      message: `a batch of the table has ${what} in the column ${this.#where} of ${typeText(this.#type)}`,
    });
  }
}

function hasLengths(kind: ColumnType["kind"]): boolean {
  return kind === "list" || kind === "string" || kind === "bytes";
}

/** 1 where both have a value. */
function bothOf(a: Uint8Array, b: Uint8Array | undefined): Uint8Array {
  return b === undefined ? a : a.map((value, row) => value & (b[row] as number));
}
