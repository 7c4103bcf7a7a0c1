import { type ParquetColumn, PHYSICAL_TYPES } from "./column.js";
import { CompactWriter } from "./compact-writer.js";

/** Where a column's pages of one row group stand. */
export interface WrittenChunk {
  readonly column: ParquetColumn;
  /** In bytes from the file's start. */
  readonly offset: number;
  /** Of its pages with their headers, before compression. */
  readonly plainBytes: number;
  /** Of its pages with their headers, in the file. */
  readonly storedBytes: number;
}

const CODECS = { none: 0, zstd: 6 } as const;

export type ParquetCompression = keyof typeof CODECS;

const REQUIRED = 0;
const PLAIN = 0;
const UTF8 = 0;
const FORMAT_VERSION = 1;

/** Gathers what the end of a file says of it (parquet.thrift, `FileMetaData`). */
export class FooterWriter {
  readonly #columns: readonly ParquetColumn[];
  readonly #codec: number;
  readonly #groups: Uint8Array[] = [];
  #rows = 0;

  constructor(columns: readonly ParquetColumn[], compression: ParquetCompression) {
    this.#columns = columns;
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
          chunks.map((chunk) => this.#chunk(rows, chunk)),
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
    const entries = Object.entries(metadata).map(([key, value]) =>
      new CompactWriter().text(1, key).text(2, value).finish(),
    );
    const file = new CompactWriter()
      .int32(1, FORMAT_VERSION)
      .structs(2, [
        new CompactWriter().text(4, "schema").int32(5, this.#columns.length).finish(),
        ...this.#columns.map(schemaElement),
      ])
      .int64(3, this.#rows)
      .structs(4, this.#groups);
    if (entries.length > 0) file.structs(5, entries);
    const bytes = file.text(6, "lodestore").finish();
    const end = Buffer.from("....PAR1");
    end.writeUInt32LE(bytes.length);
    return Buffer.concat([bytes, end]);
  }

  #chunk(rows: number, { column, offset, plainBytes, storedBytes }: WrittenChunk): Uint8Array {
    const metadata = new CompactWriter()
      .int32(1, PHYSICAL_TYPES[column.type])
      .int32s(2, [PLAIN])
      .texts(3, [column.name])
      .int32(4, this.#codec)
      .int64(5, rows)
      .int64(6, plainBytes)
      .int64(7, storedBytes)
      .int64(9, offset);
    return new CompactWriter().int64(2, offset).struct(3, metadata).finish();
  }
}

function schemaElement({ name, type }: ParquetColumn): Uint8Array {
  const element = new CompactWriter()
    .int32(1, PHYSICAL_TYPES[type])
    .int32(3, REQUIRED)
    .text(4, name);
  if (type !== "string") return element.finish();
  const logicalType = new CompactWriter().struct(1, new CompactWriter());
  return element.int32(6, UTF8).struct(10, logicalType).finish();
}
