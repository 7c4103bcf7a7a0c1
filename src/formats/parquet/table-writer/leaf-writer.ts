import type { ZstdCompress } from "../../zstd/index.js";
import type { WrittenChunk } from "../footer-writer.js";
import type { Leaf } from "./field-tree.js";
import { PageBuilder } from "./page-builder.js";
import { PageCuts, type PageEnd, type PageSizes } from "./page-cuts.js";
import { type PlainBytes, plainBytes } from "./plain-bytes.js";
import type { LeafPlaces } from "./shred.js";
import { ColumnStatistics } from "./statistics.js";
import { type StoredValues, storedValues } from "./stored-values.js";

/** Places of a column, ready to be written. */
export interface EncodedPlaces {
  readonly places: LeafPlaces;
  readonly stored: StoredValues;
  readonly plain: PlainBytes;
  /** What they take of a row group. */
  readonly bytes: number;
}

/** Throws `invalid-argument` for values that the column's type does not have. */
export function encodePlaces(places: LeafPlaces): EncodedPlaces {
  const stored = storedValues(places);
  const plain = plainBytes(places.leaf, stored);
  const levels = places.definition === undefined ? 0 : places.count;
  return { places, stored, plain, bytes: plain.bytes.length + levels };
}

/** Writes one column, row group by row group. */
export class LeafWriter {
  readonly #leaf: Leaf;
  readonly #cuts: PageCuts;
  readonly #pages: PageBuilder;
  #statistics: ColumnStatistics;

  constructor(leaf: Leaf, sizes: PageSizes, compress: ZstdCompress | undefined) {
    this.#leaf = leaf;
    this.#cuts = new PageCuts(sizes);
    this.#pages = new PageBuilder(leaf, compress);
    this.#statistics = new ColumnStatistics(leaf);
  }

  add({ places, stored, plain }: EncodedPlaces): void {
    if (this.#leaf.maxRepetition === 0) this.#statistics.add(stored, places.count - plain.count);
    let from: PageEnd = { place: 0, value: 0 };
    for (const end of this.#cuts.endsIn(places, plain)) {
      this.#addPiece(places, plain, from, end);
      this.#pages.endPage();
      from = end;
    }
    this.#addPiece(places, plain, from, { place: places.count, value: plain.count });
  }

  #addPiece(
    { definition, repetition }: LeafPlaces,
    plain: PlainBytes,
    from: PageEnd,
    to: PageEnd,
  ): void {
    this.#pages.add({
      places: to.place - from.place,
      definition: definition?.subarray(from.place, to.place),
      repetition: repetition?.subarray(from.place, to.place),
      values: plain.bytes.subarray(startOf(plain, from.value), startOf(plain, to.value)),
    });
  }

  /** The column's part of a row group that ends, to be written at `offset` of the file. */
  endGroup(offset: number): { pieces: readonly Uint8Array[]; chunk: WrittenChunk } {
    const { pieces, plainBytes, storedBytes, places: values } = this.#pages.take();
    const { format, path, maxDefinition, maxRepetition } = this.#leaf;
    const statistics = maxRepetition === 0 ? this.#statistics.finish() : undefined;
    this.#statistics = new ColumnStatistics(this.#leaf);
    this.#cuts.reset();
    const { physical } = format;
    const levels = maxDefinition > 0;
    return {
      pieces,
      chunk: { physical, path, values, offset, plainBytes, storedBytes, levels, statistics },
    };
  }
}

function startOf({ width, ends }: PlainBytes, value: number): number {
  if (ends === undefined) return value * width;
  return value === 0 ? 0 : (ends[value - 1] as number);
}
