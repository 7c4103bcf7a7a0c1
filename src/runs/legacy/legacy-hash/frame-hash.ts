import { LodeError } from "../../../errors.js";
import type { ColumnValues, Field, TableBatch, TableSchema } from "../../../formats/index.js";
import { cellHashes, type HashedColumn } from "./cell-hashes.js";
import { type PandasMetadata, pandasMetadata } from "./pandas-metadata.js";
import { combineWords, mixWords } from "./word-mixing.js";

/** A column of the frame by its place in the table. */
interface PlacedColumn extends HashedColumn {
  readonly at: number;
}

/**
 * What mltrack hashed of a frame: `pandas.util.hash_pandas_object(frame).values`, a number of 64 bits a row,
 * little-endian, of its cells and of its index. Names and types of the columns have no part in it. What index the frame
 * had, and what types, is taken from pandas' own metadata in the schema.
 */
export class FrameRows {
  readonly #noted: PandasMetadata;
  readonly #cells: readonly PlacedColumn[];
  readonly #index: readonly PlacedColumn[];
  #row = 0;

  /** Throws `corrupt-format` for metadata of pandas that cannot be read. */
  constructor(schema: TableSchema) {
    this.#noted = pandasMetadata(schema);
    const { cells, index } = placeColumns(schema.fields, this.#noted);
    this.#cells = cells;
    this.#index = index;
  }

  /** The bytes to be hashed of the next rows. Throws `unsupported` for columns that cannot be hashed. */
  next(batch: TableBatch): Uint8Array {
    const hashes = this.#cells.map((column) => cellHashes(column, valuesOf(batch, column)));
    hashes.push(indexHashes(this.#noted, this.#index, batch, this.#row));
    this.#row += batch.rows;
    return new Uint8Array(combineWords(hashes, batch.rows).buffer);
  }
}

function placeColumns(
  fields: readonly Field[],
  noted: PandasMetadata,
): { cells: PlacedColumn[]; index: PlacedColumn[] } {
  const levels = "columns" in noted.index ? noted.index.columns : [];
  const placed = fields.map((field, at): PlacedColumn => {
    const pandas = noted.columns.get(field.name);
    const categories =
      pandas?.pandasType === "categorical" || (levels.length > 1 && levels.includes(field.name));
    return { at, name: field.name, type: field.type, pandas, categories };
  });
  const index = levels.map((name) => {
    const column = placed.find((candidate) => candidate.name === name);
    if (column !== undefined) return column;
    throw new LodeError({
      code: "corrupt-format",
      message: `the index of a frame is said to be in column ${JSON.stringify(name.slice(0, 100))}, which is not there`,
    });
  });
  return { cells: placed.filter((column) => !index.includes(column)), index };
}

function indexHashes(
  { index: noted }: PandasMetadata,
  index: readonly PlacedColumn[],
  batch: TableBatch,
  firstRow: number,
): Uint32Array {
  if ("columns" in noted) {
    const levels = index.map((column) => cellHashes(column, valuesOf(batch, column)));
    const [only] = levels;
    return levels.length === 1 && only !== undefined ? only : combineWords(levels, batch.rows);
  }
  const numbers = new BigInt64Array(batch.rows);
  for (let i = 0; i < batch.rows; i++) numbers[i] = noted.start + noted.step * BigInt(firstRow + i);
  const words = new Uint32Array(numbers.buffer);
  mixWords(words);
  return words;
}

function valuesOf(batch: TableBatch, column: PlacedColumn): ColumnValues {
  return batch.columns[column.at] as ColumnValues;
}
