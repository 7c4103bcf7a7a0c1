import { LodeError } from "../../errors.js";
import { OutputPieces } from "../output-pieces.js";
import type { ZstdCompress } from "../zstd/index.js";
import {
  checkColumns,
  checkMetadata,
  FORMATS,
  invalid,
  type ParquetColumn,
  type ParquetLengths,
  type ParquetValues,
  plainValues,
} from "./column.js";
import { compressor } from "./compressor.js";
import { FooterWriter, type ParquetCompression, type WrittenChunk } from "./footer-writer.js";
import { type ParquetSegment, pageHeader, plainPages } from "./pages.js";
import { REPETITION, schemaElement } from "./schema-element.js";

/** A row group: for each column its values, all of the same number. */
export type ParquetGroup = ReadonlyMap<string, ParquetValues>;

/** A row group of which only the lengths of some `bytes` values are known. */
export type ParquetGroupShape = ReadonlyMap<string, ParquetValues | ParquetLengths>;

export interface ParquetLayoutOptions {
  readonly columns: readonly ParquetColumn[];
  /** Key-value entries of the file. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /**
   * The exact length of the file, reached by zeros between the last row group and the footer, as other writers pad
   * row groups. Any from what {@link parquetSize} tells without it: `invalid-argument` below, with that as
   * `details.minimum`.
   */
  readonly size?: number | undefined;
}

export interface ParquetWriteOptions extends ParquetLayoutOptions {
  /** Of each page; `none` unless given. */
  readonly compression?: ParquetCompression | undefined;
}

const MAGIC = Buffer.from("PAR1");
const ZSTD_LEVEL = 3;
const PADDING = new Uint8Array(1024 * 1024);

/**
 * A Parquet file as a stream of chunks, in memory of one row group. Pages of 1 MiB in the encoding PLAIN, which all
 * readers know; values from 256 KiB on are passed on without a copy, so that a chunk is valid until the next one is
 * asked for. The same groups make the same bytes. Throws `invalid-argument` for values that do not fit the columns.
 *
 * It is our own, since hyparquet-writer copies each value three times (450 MB/s for values of 100 KB), holds a row
 * group in those copies, and cannot tell a file's length before.
 */
export async function* parquetChunks(
  groups: Iterable<ParquetGroup> | AsyncIterable<ParquetGroup>,
  options: ParquetWriteOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const compress = await compressor(options.compression ?? "none");
  const file = new FileSegments(options, compress);
  const output = new OutputPieces();
  for (const piece of output.add(MAGIC)) yield piece;
  for await (const group of groups) {
    for (const segment of file.group(group)) yield* output.add(bytesOf(segment));
  }
  for (const segment of file.end()) yield* output.add(bytesOf(segment));
  yield* output.flush();
}

/**
 * The same file, uncompressed, in pieces: its own bytes, and in place of each value of which only the length is told,
 * that object itself. For large values that are made while the file is written. Throws as {@link parquetChunks}.
 */
export function* parquetSegments(
  groups: Iterable<ParquetGroupShape>,
  options: ParquetLayoutOptions,
): Generator<ParquetSegment, void, undefined> {
  const file = new FileSegments(options);
  yield MAGIC;
  for (const group of groups) yield* file.group(group);
  yield* file.end();
}

/** The exact length in bytes of the uncompressed file. Throws as {@link parquetSegments}. */
export function parquetSize(
  groups: Iterable<ParquetGroupShape>,
  options: ParquetLayoutOptions,
): number {
  let size = 0;
  for (const { length } of parquetSegments(groups, options)) size += length;
  return size;
}

/** The segments of a file behind its first mark, one row group after the other. */
class FileSegments {
  readonly #options: ParquetLayoutOptions;
  readonly #compress: ZstdCompress | undefined;
  readonly #footer: FooterWriter;
  #offset = MAGIC.length;

  constructor(options: ParquetLayoutOptions, compress?: ZstdCompress) {
    checkColumns(options.columns);
    checkMetadata(options.metadata ?? {});
    this.#options = options;
    this.#compress = compress;
    const elements = options.columns.map(({ name, type }) =>
      schemaElement({ name, repetition: REPETITION.required, format: FORMATS[type] }),
    );
    const schema = { width: elements.length, elements };
    this.#footer = new FooterWriter(schema, compress === undefined ? "none" : "zstd");
  }

  *group(group: ParquetGroupShape): Generator<ParquetSegment, void, undefined> {
    const { columns } = this.#options;
    const rows = rowsOf(group, columns);
    if (rows === 0) return;
    const chunks: WrittenChunk[] = [];
    for (const column of columns) {
      const offset = this.#offset;
      let plainBytes = 0;
      for (const page of plainPages(plainValues(column, group.get(column.name) ?? []))) {
        const segments =
          this.#compress === undefined ? page.segments : [this.#packed(page.segments)];
        const header = pageHeader(page, lengthOf(segments));
        plainBytes += header.length + page.bytes;
        this.#offset += header.length + lengthOf(segments);
        yield header;
        yield* segments;
      }
      chunks.push({
        physical: FORMATS[column.type].physical,
        path: [column.name],
        values: rows,
        offset,
        plainBytes,
        storedBytes: this.#offset - offset,
      });
    }
    this.#footer.addGroup(rows, chunks);
  }

  *end(): Generator<ParquetSegment, void, undefined> {
    const { metadata = {}, size } = this.#options;
    const footer = this.#footer.finish(metadata);
    const minimum = this.#offset + footer.length;
    if (size !== undefined && !(Number.isSafeInteger(size) && size >= minimum)) {
      throw new LodeError({
        code: "invalid-argument",
        message: `a Parquet file of these rows cannot have ${size} bytes: the smallest has ${minimum}`,
        details: { minimum },
      });
    }
    for (let left = (size ?? minimum) - minimum; left > 0; left -= PADDING.length) {
      yield PADDING.subarray(0, Math.min(left, PADDING.length));
    }
    yield footer;
  }

  #packed(segments: readonly ParquetSegment[]): Uint8Array {
    const plain = Buffer.concat(segments.map(bytesOf));
    return (this.#compress as ZstdCompress)(plain, ZSTD_LEVEL);
  }
}

function rowsOf(group: ParquetGroupShape, columns: readonly ParquetColumn[]): number {
  const lengths = columns.map(({ name }) => group.get(name)?.length);
  const [rows] = lengths;
  if (group.size === columns.length && rows !== undefined && lengths.every((n) => n === rows)) {
    return rows;
  }
  throw invalid("a row group does not have the same number of values for each column and no other");
}

function lengthOf(segments: readonly ParquetSegment[]): number {
  return segments.reduce((sum, { length }) => sum + length, 0);
}

function bytesOf(segment: ParquetSegment): Uint8Array {
  if (segment instanceof Uint8Array) return segment;
  throw invalid("a value is only a length; give its bytes");
}
