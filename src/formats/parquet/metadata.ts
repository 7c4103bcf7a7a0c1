import type { FileMetaData, SchemaElement } from "hyparquet";
import { viewOf } from "../little-endian.js";
import type { RangeReader } from "../range-reader.js";
import { readExactly } from "../read-exactly.js";
import { checkCompact } from "./compact-check.js";
import { corruptParquet, orCorrupt, toCount, unsupportedParquet } from "./corrupt-parquet.js";

/** A column of the schema's first level. */
export interface ParquetField {
  readonly name: string;
  /** The physical type, such as `INT64`; undefined for a group of columns, such as a list. */
  readonly type: string | undefined;
  /** What its values mean, such as `STRING` or `TIMESTAMP_MICROS`, where the file tells. */
  readonly logicalType: string | undefined;
  readonly repetition: "REQUIRED" | "OPTIONAL" | "REPEATED";
}

/** What a file says of itself at its end. */
export interface ParquetMetadata {
  readonly rows: number;
  readonly fields: readonly ParquetField[];
  /** Rows and bytes (as stored, of all columns) of each row group. */
  readonly rowGroups: readonly { readonly rows: number; readonly bytes: number }[];
  /** The file's key-value entries. */
  readonly keyValues: ReadonlyMap<string, string>;
  readonly createdBy: string | undefined;
  /** All of it, as hyparquet gives it. */
  readonly file: FileMetaData;
}

export interface ParquetMetadataOptions {
  /** The most that the footer may have, in bytes; 64 MiB unless given. `corrupt-format` beyond. */
  readonly maxFooterBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MAX_FOOTER_BYTES = 64 * 1024 ** 2;
/** Has most footers in it, so that one read does. */
const FIRST_READ = 64 * 1024;
const MAGIC = "PAR1";
const ENCRYPTED_MAGIC = "PARE";
/** The footer's length and the mark. */
const END_BYTES = 8;
/** hyparquet looks for each column among all, so that more would take minutes. */
const MAX_SCHEMA_ELEMENTS = 20_000;
const MAX_SCHEMA_DEPTH = 64;

/**
 * Reads the footer of a Parquet file (parquet.thrift, `FileMetaData`) from its end. Throws `corrupt-format` for damage
 * and for counts and places that cannot be, before memory is taken for them; `unsupported` for encrypted files.
 */
export async function readParquetMetadata(
  reader: RangeReader,
  { maxFooterBytes = MAX_FOOTER_BYTES, signal }: ParquetMetadataOptions = {},
): Promise<ParquetMetadata> {
  const { size } = reader;
  if (size < MAGIC.length + END_BYTES) throw corruptParquet(`${size} bytes are too few for one`);
  const first = await readExactly(reader, Math.max(0, size - FIRST_READ), size, signal);
  const mark = Buffer.from(first.subarray(-MAGIC.length)).toString("latin1");
  if (mark === ENCRYPTED_MAGIC) throw unsupportedParquet("an encrypted footer");
  if (mark !== MAGIC) throw corruptParquet("it does not end in PAR1; it may be cut off");
  const length = viewOf(first).getUint32(first.length - END_BYTES, true);
  if (length > size - MAGIC.length - END_BYTES) {
    throw corruptParquet(`its footer says to have ${length} bytes in a file of ${size}`);
  }
  if (length > maxFooterBytes) {
    throw corruptParquet(
      `its footer of ${length} bytes is larger than maxFooterBytes, ${maxFooterBytes}`,
    );
  }
  const end =
    length + END_BYTES <= first.length
      ? first.subarray(first.length - length - END_BYTES)
      : await readExactly(reader, size - length - END_BYTES, size, signal);
  const { parquetMetadata } = await import("hyparquet");
  checkCompact(end.subarray(0, length), 0);
  const file = orCorrupt("its footer", () => parquetMetadata(end.slice(), { geoparquet: false }));
  return orCorrupt("its footer", () => describe(file));
}

function describe(file: FileMetaData): ParquetMetadata {
  const rowGroups = file.row_groups.map((group) => ({
    rows: toCount(group.num_rows, "a row group's number of rows"),
    bytes: group.columns.reduce(
      (sum, { meta_data }) =>
        sum + toCount(meta_data?.total_compressed_size ?? 0, "a column's size"),
      0,
    ),
  }));
  const rows = toCount(file.num_rows, "its number of rows");
  const counted = rowGroups.reduce((sum, group) => sum + group.rows, 0);
  if (rows !== counted) throw corruptParquet(`it has ${counted} rows where it says ${rows}`);
  return {
    rows,
    fields: firstLevel(file.schema),
    rowGroups,
    keyValues: new Map(file.key_value_metadata?.map(({ key, value }) => [key, value ?? ""])),
    createdBy: file.created_by,
    file,
  };
}

/** The root's children; checks the whole tree. */
function firstLevel(schema: readonly SchemaElement[]): ParquetField[] {
  if (schema.length > MAX_SCHEMA_ELEMENTS) {
    throw corruptParquet(`its schema has ${schema.length} elements`);
  }
  const fields: ParquetField[] = [];
  /** How many children are still to come on each level. */
  const open: number[] = [];
  for (const [index, element] of schema.entries()) {
    if (index > 0) {
      if (open.length === 0) throw corruptParquet("its schema has elements behind its end");
      if (open.length === 1) fields.push(fieldOf(element));
      open[open.length - 1]!--;
    }
    if (element.name === "__proto__") throw unsupportedParquet("a column named __proto__");
    const children = toCount(element.num_children ?? 0, "a group's number of columns");
    if (children > 0) open.push(children);
    if (open.length > MAX_SCHEMA_DEPTH) throw corruptParquet("its schema is nested too deeply");
    while (open.at(-1) === 0) open.pop();
  }
  if (open.length > 0 || schema.length === 0) throw corruptParquet("its schema does not end");
  if (new Set(fields.map(({ name }) => name)).size < fields.length) {
    throw corruptParquet("two of its columns have the same name");
  }
  return fields;
}

function fieldOf({
  name,
  type,
  logical_type,
  converted_type,
  repetition_type,
}: SchemaElement): ParquetField {
  return {
    name,
    type,
    logicalType: logical_type?.type ?? converted_type,
    repetition: repetition_type ?? "REQUIRED",
  };
}
