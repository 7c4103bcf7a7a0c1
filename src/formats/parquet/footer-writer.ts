import { CompactWriter } from "./compact-writer.js";

/** Where a column's pages of one row group stand, and what is in them. */
export interface WrittenChunk {
  /** The number of parquet.thrift's `Type`. */
  readonly physical: number;
  /** The names from the schema's first level to the column. */
  readonly path: readonly string[];
  /** With nulls and empty lists. */
  readonly values: number;
  /** In bytes from the file's start. */
  readonly offset: number;
  /** Of its pages with their headers, before compression. */
  readonly plainBytes: number;
  /** Of its pages with their headers, in the file. */
  readonly storedBytes: number;
  /** Whether levels stand in front of the values. */
  readonly levels?: boolean | undefined;
  /** `Statistics` of parquet.thrift. */
  readonly statistics?: CompactWriter | undefined;
}

export interface FooterSchema {
  /** Columns and groups of the first level. */
  readonly width: number;
  /** `SchemaElement`s without the root, depth first. */
  readonly elements: readonly Uint8Array[];
  /** How many columns have statistics in the order of their types; none unless given. */
  readonly ordered?: number | undefined;
}

const CODECS = { none: 0, zstd: 6 } as const;

export type ParquetCompression = keyof typeof CODECS;

const PLAIN = 0;
const RLE = 3;
const FORMAT_VERSION = 1;

/** Gathers what the end of a file says of it (parquet.thrift, `FileMetaData`). */
export class FooterWriter {
  readonly #schema: FooterSchema;
  readonly #codec: number;
  readonly #groups: Uint8Array[] = [];
  #rows = 0;

  constructor(schema: FooterSchema, compression: ParquetCompression) {
    this.#schema = schema;
    this.#codec = CODECS[compression];
  }

  addGroup(rows: number, chunks: readonly WrittenChunk[]): void {
    const sum = (key: "plainBytes" | "storedBytes") =>
      chunks.reduce((total, chunk) => total + chunk[key], 0);
    this.#rows += rows;
    this.#groups.push(
      new CompactWriter()
        .structs(
          1,
          chunks.map((chunk) => this.#chunk(chunk)),
        )
        .int64(2, sum("plainBytes"))
        .int64(3, rows)
        .int64(5, chunks[0]?.offset ?? 0)
        .int64(6, sum("storedBytes"))
        .finish(),
    );
  }

  /** With its length and the mark of the file's end. */
  finish(metadata: Readonly<Record<string, string>>): Uint8Array {
    const { width, elements, ordered = 0 } = this.#schema;
    const entries = Object.entries(metadata).map(([key, value]) =>
      new CompactWriter().text(1, key).text(2, value).finish(),
    );
    const root = new CompactWriter().text(4, "schema").int32(5, width).finish();
    const file = new CompactWriter()
      .int32(1, FORMAT_VERSION)
      .structs(2, [root, ...elements])
      .int64(3, this.#rows)
      .structs(4, this.#groups);
    if (entries.length > 0) file.structs(5, entries);
    file.text(6, "lodestore");
    if (ordered > 0) file.structs(7, new Array<Uint8Array>(ordered).fill(typeDefinedOrder()));
    const bytes = file.finish();
    const end = Buffer.from("....PAR1");
    end.writeUInt32LE(bytes.length);
    return Buffer.concat([bytes, end]);
  }

  #chunk(chunk: WrittenChunk): Uint8Array {
    const { physical, path, values, offset, plainBytes, storedBytes, levels, statistics } = chunk;
    const metadata = new CompactWriter()
      .int32(1, physical)
      .int32s(2, levels === true ? [PLAIN, RLE] : [PLAIN])
      .texts(3, path)
      .int32(4, this.#codec)
      .int64(5, values)
      .int64(6, plainBytes)
      .int64(7, storedBytes)
      .int64(9, offset);
    if (statistics !== undefined) metadata.struct(12, statistics);
    return new CompactWriter().int64(2, offset).struct(3, metadata).finish();
  }
}

/** `ColumnOrder`: without it, readers do not trust statistics. */
function typeDefinedOrder(): Uint8Array {
  return new CompactWriter().struct(1, new CompactWriter()).finish();
}
