import type { ColumnMetaData, DecodedArray, RowGroup, SchemaTree } from "hyparquet";
import type { RangeReader } from "../range-reader.js";
import { readExactly } from "../read-exactly.js";
import { corruptParquet, orCorrupt, toCount, unsupportedParquet } from "./corrupt-parquet.js";
import type { Hyparquet } from "./hyparquet.js";
import { readChunk } from "./read-chunk.js";

export interface GroupLimits {
  readonly maxBytes: number;
  readonly maxValues: number;
}

/** A row group of an open file. */
export interface OpenGroup {
  readonly reader: RangeReader;
  readonly hyparquet: Hyparquet;
  readonly schema: SchemaTree;
  readonly group: RowGroup;
  readonly limits: GroupLimits;
  /** Values are not converted to what they mean. */
  readonly physical: boolean;
  readonly signal: AbortSignal | undefined;
}

/** A leaf column's pages in the file. */
interface LeafChunk {
  readonly metadata: ColumnMetaData;
  readonly start: number;
  readonly end: number;
}

/** Columns that stand no further apart are read at once. */
const GAP_BYTES = 64 * 1024;
/** In front of the first page, and the least that stands behind the last one. */
const MAGIC_BYTES = 4;

/** The values of some columns of the schema's first level, all rows of the group. */
export async function readGroup(
  open: OpenGroup,
  names: ReadonlySet<string>,
): Promise<Map<string, DecodedArray>> {
  const { hyparquet, schema, group, limits, physical } = open;
  const rows = toCount(group.num_rows, "a row group's number of rows");
  const chunks = orCorrupt("a row group", () => leafChunks(open, names));
  const stored = await readStored(open, chunks);
  const budget = { bytesLeft: limits.maxBytes };
  const leaves = [];
  for (const [i, { metadata }] of chunks.entries()) {
    const path = orCorrupt("its schema", () =>
      hyparquet.getTreePath(schema, metadata.path_in_schema),
    );
    const what = `column ${JSON.stringify(metadata.path_in_schema.join("."))}`;
    const bytes = stored[i] as Uint8Array;
    const pieces = await readChunk(hyparquet, bytes, metadata, path, budget, physical).catch(
      (error) =>
        orCorrupt(what, () => {
          throw error;
        }),
    );
    leaves.push({ pathInSchema: metadata.path_in_schema, pieces });
  }
  const columns = new Map<string, DecodedArray>();
  for (const field of schema.children) {
    const { name } = field.element;
    if (!names.has(name)) continue;
    const parts = leaves.filter(({ pathInSchema }) => pathInSchema[0] === name);
    const values =
      field.children.length === 0
        ? joined(parts.flatMap(({ pieces }) => pieces))
        : await nested(hyparquet, schema, parts, rows);
    if (values.length !== rows) {
      throw corruptParquet(
        `column ${JSON.stringify(name)} has ${values.length} rows in a row group of ${rows}`,
      );
    }
    columns.set(name, values);
  }
  return columns;
}

/** Where the columns stand, checked against the file and the limits. */
function leafChunks({ reader, group, limits }: OpenGroup, names: ReadonlySet<string>): LeafChunk[] {
  const chunks: LeafChunk[] = [];
  let total = 0;
  for (const { meta_data: metadata, file_path: other } of group.columns) {
    if (other) throw unsupportedParquet("columns in other files");
    if (metadata === undefined) throw unsupportedParquet("encrypted columns");
    if (!names.has(metadata.path_in_schema[0] ?? "")) continue;
    const pages = toCount(metadata.data_page_offset, "a column's place");
    const dictionary = toCount(metadata.dictionary_page_offset ?? 0, "a dictionary's place");
    const start = dictionary > 0 && dictionary < pages ? dictionary : pages;
    const length = toCount(metadata.total_compressed_size, "a column's size");
    const end = start + length;
    if (start < MAGIC_BYTES || end > reader.size - MAGIC_BYTES) {
      throw corruptParquet(`a column stands from byte ${start} to ${end} of ${reader.size}`);
    }
    const values = toCount(metadata.num_values, "a column's number of values");
    if (values > limits.maxValues) {
      throw corruptParquet(
        `a column of a row group has ${values} values; raise maxGroupValues if it should`,
      );
    }
    total += length;
    chunks.push({ metadata, start, end });
  }
  if (total <= limits.maxBytes) return chunks;
  throw corruptParquet(
    `the columns of a row group have ${total} bytes; raise maxGroupBytes or read fewer columns`,
  );
}

/** The bytes of each chunk, by few reads. */
async function readStored(
  { reader, signal }: OpenGroup,
  chunks: readonly LeafChunk[],
): Promise<Uint8Array[]> {
  const spans: { start: number; end: number }[] = [];
  for (const { start, end } of [...chunks].sort((a, b) => a.start - b.start)) {
    const last = spans.at(-1);
    if (last !== undefined && start <= last.end + GAP_BYTES) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  const read = await Promise.all(
    spans.map(({ start, end }) => readExactly(reader, start, end, signal)),
  );
  return chunks.map(({ start, end }) => {
    const index = spans.findIndex((span) => span.start <= start && end <= span.end);
    const at = start - (spans[index] as { start: number }).start;
    return (read[index] as Uint8Array).subarray(at, at + end - start);
  });
}

async function nested(
  hyparquet: Hyparquet,
  schema: SchemaTree,
  parts: readonly { pathInSchema: string[]; pieces: DecodedArray[] }[],
  rows: number,
): Promise<DecodedArray> {
  const { asyncColumns } = hyparquet.assembleAsync(
    {
      groupStart: 0,
      groupRows: rows,
      selectStart: 0,
      selectEnd: rows,
      asyncColumns: parts.map(({ pathInSchema, pieces }) => ({
        pathInSchema,
        data: Promise.resolve({ data: pieces, skipped: 0 }),
      })),
    },
    schema,
    hyparquet.parsers,
  );
  try {
    const results = await Promise.all(asyncColumns.map(({ data }) => data));
    return results[0]?.data[0] ?? [];
  } catch (error) {
    return orCorrupt("a nested column", () => {
      throw error;
    });
  }
}

type TypedArray = Exclude<DecodedArray, unknown[]>;

/** Typed arrays of one kind become one of it, anything else a plain array. */
function joined(pieces: readonly DecodedArray[]): DecodedArray {
  const [first] = pieces;
  if (first === undefined) return [];
  if (pieces.length === 1) return first;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const kind = first.constructor as new (length: number) => TypedArray;
  const oneKind = pieces.every((piece) => piece.constructor === kind);
  const target: DecodedArray = oneKind && !Array.isArray(first) ? new kind(length) : [];
  let at = 0;
  for (const piece of pieces) {
    if (!Array.isArray(target)) (target as Int32Array).set(piece as Int32Array, at);
    else for (const value of piece) target.push(value);
    at += piece.length;
  }
  return target;
}
