import type { ZstdCompress } from "../../zstd/index.js";
import { invalid } from "../column.js";
import { pageHeader } from "../pages.js";
import type { Leaf } from "./field-tree.js";
import { encodeLevels } from "./levels.js";

const ZSTD_LEVEL = 3;
/** A page's size is a 32-bit number. */
const MAX_PAGE_BYTES = 2 ** 31 - 1;

/** The pages of a column in one row group. */
export interface ColumnPages {
  readonly pieces: readonly Uint8Array[];
  readonly plainBytes: number;
  readonly storedBytes: number;
  readonly places: number;
}

/** A part of a page. */
export interface PagePiece {
  readonly places: number;
  readonly definition?: Uint8Array | undefined;
  readonly repetition?: Uint8Array | undefined;
  /** Encoded. */
  readonly values: Uint8Array;
}

/** Puts levels and values together to pages, with their headers. */
export class PageBuilder {
  readonly #leaf: Leaf;
  readonly #compress: ZstdCompress | undefined;
  readonly #definition = new ByteList();
  readonly #repetition = new ByteList();
  readonly #values = new ByteList();
  #pagePlaces = 0;
  #pieces: Uint8Array[] = [];
  #places = 0;
  #plainBytes = 0;
  #storedBytes = 0;

  constructor(leaf: Leaf, compress: ZstdCompress | undefined) {
    this.#leaf = leaf;
    this.#compress = compress;
  }

  add({ places, definition, repetition, values }: PagePiece): void {
    this.#pagePlaces += places;
    if (definition !== undefined) this.#definition.add(definition);
    if (repetition !== undefined) this.#repetition.add(repetition);
    this.#values.add(values);
  }

  endPage(): void {
    if (this.#pagePlaces === 0) return;
    const plain = this.#content();
    if (plain.length > MAX_PAGE_BYTES) {
      const column = JSON.stringify(this.#leaf.path.join("."));
      throw invalid(`a row has ${plain.length} bytes of ${column}; ${MAX_PAGE_BYTES} are the most`);
    }
    const stored = this.#compress === undefined ? plain : this.#compress(plain, ZSTD_LEVEL);
    const header = pageHeader({ values: this.#pagePlaces, bytes: plain.length }, stored.length);
    this.#pieces.push(header, stored);
    this.#plainBytes += header.length + plain.length;
    this.#storedBytes += header.length + stored.length;
    this.#places += this.#pagePlaces;
    this.#pagePlaces = 0;
  }

  /** All pages since the last call. */
  take(): ColumnPages {
    this.endPage();
    const pages = {
      pieces: this.#pieces,
      plainBytes: this.#plainBytes,
      storedBytes: this.#storedBytes,
      places: this.#places,
    };
    this.#pieces = [];
    this.#plainBytes = this.#storedBytes = this.#places = 0;
    return pages;
  }

  #content(): Uint8Array {
    const { maxDefinition, maxRepetition, type } = this.#leaf;
    const repetition = this.#repetition.take();
    const definition = this.#definition.take();
    const values = this.#values.take();
    const parts: Uint8Array[] = [];
    if (maxRepetition > 0) parts.push(encodeLevels(repetition, maxRepetition));
    if (maxDefinition > 0) parts.push(encodeLevels(definition, maxDefinition));
    parts.push(type.kind === "bool" ? packedBits(values) : values);
    return Buffer.concat(parts);
  }
}

/** Bytes of pages whose size is not known before. */
class ByteList {
  #bytes = new Uint8Array(0);
  #length = 0;

  add(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = needed;
  }

  /** Valid until the next is added. */
  take(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return bytes;
  }
}

function packedBits(bits: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let i = 0; i < bits.length; i++) bytes[i >> 3]! |= (bits[i] as number) << (i & 7);
  return bytes;
}
