import { throwIfAborted } from "../../../errors.js";
import type { TableBatch } from "../../table/index.js";
import type { ZstdCompress } from "../../zstd/index.js";
import { invalid } from "../column.js";
import { FooterWriter, type ParquetCompression } from "../footer-writer.js";
import type { FieldTree } from "./field-tree.js";
import { type EncodedPlaces, encodePlaces, LeafWriter } from "./leaf-writer.js";
import { shredRows } from "./shred.js";

export interface TableParquetOptions {
  /** Of each page; `none` unless given, which is right where the store compresses. */
  readonly compression?: ParquetCompression | undefined;
  /** About the mean size of a page in bytes, of the encoded values; 256 KiB unless given. */
  readonly pageBytes?: number | undefined;
  /** The most rows of a row group; 2^20 unless given. */
  readonly groupRows?: number | undefined;
  /** The most bytes of encoded values in a row group, unless one row has more; 128 MiB unless given. */
  readonly groupBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const PAGE_BYTES = 256 * 1024;
const GROUP_ROWS = 2 ** 20;
const GROUP_BYTES = 128 * 1024 ** 2;
/** Encoded at a time. */
const STEP_BYTES = 8 * 1024 ** 2;
const STEP_GROWTH = 8;

/** The bytes of a file behind its first mark. */
export class TableWriter {
  readonly #tree: FieldTree;
  readonly #columns: readonly LeafWriter[];
  readonly #footer: FooterWriter;
  readonly #maxRows: number;
  readonly #maxBytes: number;
  readonly #signal: AbortSignal | undefined;
  #offset: number;
  #groupRows = 0;
  #groupBytes = 0;
  /** Rows to be encoded next. */
  #step = 1;

  constructor(
    tree: FieldTree,
    options: TableParquetOptions,
    compress: ZstdCompress | undefined,
    offset: number,
  ) {
    const page = positive("pageBytes", options.pageBytes ?? PAGE_BYTES);
    const sizes = { min: page / 2, spread: page / 2, max: page * 2 };
    const { leaves, elements, nodes } = tree;
    this.#tree = tree;
    this.#columns = leaves.map((leaf) => new LeafWriter(leaf, sizes, compress));
    this.#footer = new FooterWriter(
      { width: nodes.length, elements, ordered: leaves.length },
      compress === undefined ? "none" : "zstd",
    );
    this.#maxRows = positive("groupRows", options.groupRows ?? GROUP_ROWS);
    this.#maxBytes = positive("groupBytes", options.groupBytes ?? GROUP_BYTES);
    this.#signal = options.signal;
    this.#offset = offset;
  }

  /** Rows of a checked batch; gives the row groups that end with them. */
  *add(batch: TableBatch): Generator<Uint8Array, void, undefined> {
    for (let row = 0; row < batch.rows; ) {
      throwIfAborted(this.#signal, "write");
      if (this.#groupRows === this.#maxRows) yield* this.#endGroup();
      const count = Math.min(this.#step, batch.rows - row, this.#maxRows - this.#groupRows);
      const columns = shredRows(this.#tree.nodes, batch, row, count).map(encodePlaces);
      const bytes = columns.reduce((sum, column) => sum + column.bytes, 0);
      if (this.#groupBytes + bytes > this.#maxBytes && count > 1) {
        // The group ends within these rows, at the same row however the batches are cut.
        this.#step = count >> 1;
        continue;
      }
      if (this.#groupBytes + bytes > this.#maxBytes) yield* this.#endGroup();
      this.#append(columns, count, bytes);
      row += count;
    }
  }

  /** What is left, and the footer. */
  *end(metadata: Readonly<Record<string, string>>): Generator<Uint8Array, void, undefined> {
    yield* this.#endGroup();
    yield this.#footer.finish(metadata);
  }

  #append(columns: readonly EncodedPlaces[], rows: number, bytes: number): void {
    for (const [i, column] of columns.entries()) this.#columns[i]?.add(column);
    this.#groupRows += rows;
    this.#groupBytes += bytes;
    const fitting = Math.ceil((STEP_BYTES * rows) / Math.max(1, bytes));
    this.#step = Math.min(fitting, rows * STEP_GROWTH);
  }

  *#endGroup(): Generator<Uint8Array, void, undefined> {
    if (this.#groupRows === 0) return;
    const chunks = [];
    for (const column of this.#columns) {
      const { pieces, chunk } = column.endGroup(this.#offset);
      chunks.push(chunk);
      this.#offset += chunk.storedBytes;
      yield* pieces;
    }
    this.#footer.addGroup(this.#groupRows, chunks);
    this.#groupRows = 0;
    this.#groupBytes = 0;
  }
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw invalid(`${name} is ${value}; give a whole number from 1`);
}
