import type {
  ColumnMetaData,
  DecodedArray,
  PageHeader,
  ParquetParsers,
  SchemaTree,
} from "hyparquet";
import { LodeError } from "../../errors.js";
import { viewOf } from "../little-endian.js";
import { crc32 } from "../zip/index.js";
import { checkDataPage, checkDataPageV2, type LeafColumn } from "./check-page.js";
import { checkCompact } from "./compact-check.js";
import { corruptParquet, unsupportedParquet } from "./corrupt-parquet.js";
import { openDecompressor, type PageDecompressor } from "./decompress.js";
import type { Hyparquet } from "./hyparquet.js";
import { widenHalves } from "./widen-halves.js";

/** What the pages of a row group may still take once they are decompressed. */
export interface ByteBudget {
  bytesLeft: number;
}

/**
 * The values of a leaf column in one row group, in pieces, from the bytes of its pages. Each page is taken into memory
 * of its own, so that nothing that it says can lead beyond it, and is checked before hyparquet decodes it.
 */
export async function readChunk(
  hyparquet: Hyparquet,
  bytes: Uint8Array,
  metadata: ColumnMetaData,
  schemaPath: SchemaTree[],
  budget: ByteBudget,
  physical = false,
): Promise<DecodedArray[]> {
  const decompressor = await openDecompressor(metadata.codec);
  try {
    const path = physical ? physicalPath(schemaPath) : schemaPath;
    const decoding = physical
      ? { ...hyparquet, parsers: exactTimes(hyparquet.parsers) }
      : hyparquet;
    const halves = physical && hasHalves(schemaPath);
    return new ChunkReader(decoding, decompressor, bytes, metadata, path, budget, halves).read();
  } finally {
    decompressor.close();
  }
}

function hasHalves(path: readonly SchemaTree[]): boolean {
  const { type, type_length: bytes, logical_type: logical } = path.at(-1)?.element ?? {};
  return type === "FIXED_LEN_BYTE_ARRAY" && bytes === 2 && logical?.type === "FLOAT16";
}

/** The same path with a leaf that has no meaning beyond its type, unless it is text. */
function physicalPath(path: readonly SchemaTree[]): SchemaTree[] {
  const leaf = path.at(-1) as SchemaTree;
  const { converted_type: converted, logical_type: logical, ...element } = leaf.element;
  const text = TEXT_TYPES.has(converted ?? "") || TEXT_TYPES.has(logical?.type ?? "");
  const plain = text ? { ...element, converted_type: "UTF8" as const } : element;
  return [...path.slice(0, -1), { ...leaf, element: plain }];
}

const TEXT_TYPES = new Set(["UTF8", "STRING", "ENUM", "JSON"]);

function exactTimes(parsers: ParquetParsers): ParquetParsers {
  // Only INT96 has a time in its type.
  return { ...parsers, timestampFromNanoseconds: (nanoseconds: bigint) => nanoseconds };
}

class ChunkReader {
  readonly #hyparquet: Hyparquet;
  readonly #decompressor: PageDecompressor;
  readonly #bytes: Uint8Array;
  readonly #decoder: Parameters<Hyparquet["readPage"]>[2];
  readonly #leaf: LeafColumn;
  readonly #budget: ByteBudget;
  /** Half floats are given as the numbers of their bits, where they stand in the encoding PLAIN. */
  readonly #halves: boolean;
  #at = 0;
  #valuesLeft: number;

  constructor(
    hyparquet: Hyparquet,
    decompressor: PageDecompressor,
    bytes: Uint8Array,
    metadata: ColumnMetaData,
    schemaPath: SchemaTree[],
    budget: ByteBudget,
    halves: boolean,
  ) {
    const element = schemaPath.at(-1)?.element;
    if (element?.type === undefined || element.type !== metadata.type) {
      throw corruptParquet("a column is of another type than the schema says");
    }
    this.#hyparquet = hyparquet;
    this.#decompressor = decompressor;
    this.#bytes = bytes;
    this.#budget = budget;
    this.#halves = halves;
    this.#valuesLeft = Number(metadata.num_values);
    this.#decoder = {
      ...metadata,
      pathInSchema: metadata.path_in_schema,
      element,
      schemaPath,
      utf8: false,
      parsers: hyparquet.parsers,
      codec: "UNCOMPRESSED",
    };
    this.#leaf = {
      type: element.type,
      typeLength: element.type_length ?? 0,
      maxDefinition: hyparquet.getMaxDefinitionLevel(schemaPath),
      maxRepetition: hyparquet.getMaxRepetitionLevel(schemaPath),
      maxBytes: budget.bytesLeft,
    };
  }

  read(): DecodedArray[] {
    const pieces: DecodedArray[] = [];
    let dictionary: DecodedArray | undefined;
    while (this.#valuesLeft > 0 && this.#at < this.#bytes.length) {
      const header = this.#header();
      if (header.type === "INDEX_PAGE") {
        this.#at += header.compressed_page_size;
        continue;
      }
      const page = this.#page(header);
      const previous = pieces.at(-1);
      const { data = [] } = this.#decode(page, header, dictionary, previous);
      if (header.type === "DICTIONARY_PAGE") {
        if (dictionary !== undefined) throw corruptParquet("a column has two dictionaries");
        dictionary = this.#hyparquet.convert(data, this.#decoder);
      } else if (data !== previous) pieces.push(data);
    }
    if (this.#valuesLeft > 0) throw corruptParquet("a column ends before its last value");
    return pieces;
  }

  #header(): PageHeader {
    const reader = { view: viewOf(this.#bytes), offset: this.#at };
    checkCompact(this.#bytes, this.#at);
    const header = this.#hyparquet.parquetHeader(reader);
    this.#at = reader.offset;
    const { compressed_page_size: stored, uncompressed_page_size: plain } = header;
    if (!(stored >= 0 && stored <= this.#bytes.length - this.#at)) {
      throw corruptParquet("a page ends behind its column");
    }
    if (!(plain >= 0)) throw corruptParquet(`a page says to have ${plain} bytes`);
    return header;
  }

  /** The bytes of a page, decompressed, in memory of their own. */
  #page(header: PageHeader): Uint8Array {
    const { compressed_page_size: stored, uncompressed_page_size: plain, crc } = header;
    this.#budget.bytesLeft -= plain;
    if (this.#budget.bytesLeft < 0) {
      throw corruptParquet(
        "the pages of a row group are larger than maxGroupBytes; raise it if they should be",
      );
    }
    const packed = this.#bytes.subarray(this.#at, this.#at + stored);
    this.#at += stored;
    if (crc !== undefined && crc >>> 0 !== crc32(packed)) {
      throw new LodeError({
        code: "integrity",
        message: `the Parquet file is damaged: the checksum of a page of column ${JSON.stringify(this.#decoder.pathInSchema.join("."))} is wrong`,
      });
    }
    const page = new Uint8Array(plain);
    const v2 = header.data_page_header_v2;
    const levels = v2 ? v2.repetition_levels_byte_length + v2.definition_levels_byte_length : 0;
    const parts = [v2?.repetition_levels_byte_length, v2?.definition_levels_byte_length];
    if (parts.some((n) => n !== undefined && !(n >= 0)) || levels > Math.min(stored, plain)) {
      throw corruptParquet("a page has levels beyond its end");
    }
    page.set(packed.subarray(0, levels));
    const values = packed.subarray(levels);
    if (v2?.is_compressed === false) {
      if (values.length !== plain - levels) throw corruptParquet("a page has two lengths");
      page.set(values, levels);
    } else this.#decompressor.into(page.subarray(levels), values);
    return page;
  }

  #decode(
    page: Uint8Array,
    header: PageHeader,
    dictionary: DecodedArray | undefined,
    previous: DecodedArray | undefined,
  ): { data?: DecodedArray } {
    const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: dict } = header;
    const { unpackDelta } = this.#hyparquet;
    const info = { DATA_PAGE: v1, DATA_PAGE_V2: v2, DICTIONARY_PAGE: dict, INDEX_PAGE: undefined }[
      header.type
    ];
    if (info?.encoding === undefined)
      throw corruptParquet("a page is of no known kind or encoding");
    const values = info.num_values;
    const most = header.type === "DICTIONARY_PAGE" ? page.length : this.#valuesLeft;
    if (!(values >= 0 && values <= most)) {
      throw corruptParquet(`a page says to have ${values} values, ${most} are the most`);
    }
    let start = 0;
    if (header.type !== "DICTIONARY_PAGE") {
      this.#valuesLeft -= values;
      if (values === 0) return {};
      // A page of nulls only can have an empty one.
      if (info.encoding.endsWith("_DICTIONARY") && dictionary === undefined) {
        throw corruptParquet("a page refers to a dictionary that is not there");
      }
      if (v1 !== undefined && v2 === undefined) {
        const levels = [v1.definition_level_encoding, v1.repetition_level_encoding];
        if (levels.includes("BIT_PACKED") && this.#leaf.maxDefinition > 0) {
          throw unsupportedParquet("levels in the old encoding BIT_PACKED");
        }
        start = checkDataPage(page, v1, this.#leaf, unpackDelta);
      }
      if (v2 !== undefined) start = checkDataPageV2(page, v2, this.#leaf, unpackDelta);
    }
    // Dictionaries are always PLAIN.
    const halves = this.#halves && (dict !== undefined || info.encoding === "PLAIN");
    const body = halves ? widenHalves(page, start) : page;
    const plainHeader: PageHeader = {
      ...header,
      compressed_page_size: body.length,
      uncompressed_page_size: body.length,
      ...(v2 && { data_page_header_v2: { ...v2, is_compressed: false } }),
    };
    const reader = { view: viewOf(body), offset: 0 };
    const { data } = this.#hyparquet.readPage(
      reader,
      plainHeader,
      halves ? { ...this.#decoder, type: "INT32" } : this.#decoder,
      dictionary,
      this.#leaf.maxRepetition > 0 ? previous : undefined,
      0,
    );
    // An index beyond the dictionary's end.
    const flat = this.#leaf.maxRepetition === 0;
    const lacks = flat ? lacksValue : dictionary?.length === 0 && lacksInside;
    if (lacks && Array.isArray(data) && lacks(data)) {
      throw corruptParquet("a page refers to values that its dictionary does not have");
    }
    return data === undefined ? {} : { data };
  }
}

function lacksValue(values: readonly unknown[]): boolean {
  return values.includes(undefined);
}

function lacksInside(values: readonly unknown[]): boolean {
  return values.some((value) => (Array.isArray(value) ? lacksInside(value) : value === undefined));
}
