import type { DecodedArray, SchemaTree } from "hyparquet";
import { LodeError } from "../../errors.js";
import type { RangeReader } from "../range-reader.js";
import { orCorrupt, unsupportedParquet } from "./corrupt-parquet.js";
import { loadHyparquet } from "./hyparquet.js";
import { type ParquetMetadata, readParquetMetadata } from "./metadata.js";
import { readGroup } from "./read-group.js";

/** Rows of one row group. */
export interface ParquetRows {
  /** The number of the first of them, counted over the file. */
  readonly rowStart: number;
  readonly rowCount: number;
  /**
   * The values by column. Typed arrays for required numbers, else arrays: null for what is not there, bigint for 64
   * bits, Date for dates and timestamps, Uint8Array for bytes, objects and arrays for nested columns.
   */
  readonly columns: ReadonlyMap<string, ParquetDecoded>;
}

export type ParquetDecoded = Exclude<DecodedArray, unknown[]> | readonly unknown[];

export interface ParquetReadOptions {
  /** Names of the first level; all unless given. Nothing of the others is read. */
  readonly columns?: readonly string[] | undefined;
  /** Rows from here, up to and without `rowEnd`; all unless given. Row groups outside are not read. */
  readonly rowStart?: number | undefined;
  readonly rowEnd?: number | undefined;
  /**
   * Values as the file stores them, exact where a Date or a number would not be: days, ticks, unscaled decimals and
   * unsigned numbers as signed, INT96 as nanoseconds since 1970; STRING, ENUM and JSON are text.
   */
  readonly physical?: boolean | undefined;
  /** From an earlier {@link readParquetMetadata} of the same file, which saves reading it again. */
  readonly metadata?: ParquetMetadata | undefined;
  /** The most that the chosen columns of a row group may take, stored and again decompressed; 1 GiB unless given. */
  readonly maxGroupBytes?: number | undefined;
  /** The most that a column of a row group may have in values; 2^25 unless given. */
  readonly maxGroupValues?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MAX_GROUP_BYTES = 1024 ** 3;
const MAX_GROUP_VALUES = 2 ** 25;

/**
 * The rows of a Parquet file, row group by row group, in memory of one row group of the chosen columns. Throws
 * `corrupt-format` for damage and for more than the limits, `integrity` for a wrong checksum of a page, `unsupported`
 * for encryption, LZO and VARIANT, and `invalid-argument` for columns and rows that the file does not have.
 */
export async function* readParquet(
  reader: RangeReader,
  options: ParquetReadOptions = {},
): AsyncGenerator<ParquetRows, void, undefined> {
  const { signal, maxGroupBytes = MAX_GROUP_BYTES, maxGroupValues = MAX_GROUP_VALUES } = options;
  const { physical = false } = options;
  const metadata = options.metadata ?? (await readParquetMetadata(reader, { signal }));
  const { rowStart = 0, rowEnd = metadata.rows } = options;
  checkRows(rowStart, rowEnd, metadata.rows);
  const hyparquet = await loadHyparquet();
  const schema = orCorrupt("its schema", () => hyparquet.parquetSchema(metadata.file));
  const names = orCorrupt("its schema", () => chosenColumns(schema, options.columns));
  const limits = { maxBytes: maxGroupBytes, maxValues: maxGroupValues };
  let groupStart = 0;
  for (const group of metadata.file.row_groups) {
    const rows = Number(group.num_rows);
    const from = Math.max(0, rowStart - groupStart);
    const to = Math.min(rows, rowEnd - groupStart);
    if (from < to) {
      const columns = await readGroup(
        { reader, hyparquet, schema, group, limits, physical, signal },
        names,
      );
      for (const [name, values] of columns) {
        if (to - from < rows) columns.set(name, values.slice(from, to));
      }
      yield { rowStart: groupStart + from, rowCount: to - from, columns };
    }
    groupStart += rows;
  }
}

function checkRows(from: number, to: number, rows: number): void {
  if (Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= rows)
    return;
  throw new LodeError({
    code: "invalid-argument",
    message: `rows ${from} to ${to} are not in a Parquet file of ${rows} rows`,
  });
}

/** Throws `unsupported` if hyparquet would decode something that has not been checked. */
function refuseVariants(field: SchemaTree): void {
  if (field.element.logical_type?.type === "VARIANT") throw unsupportedParquet("a VARIANT column");
  for (const child of field.children) refuseVariants(child);
}

/** Throws `invalid-argument` for columns that are not there. */
function chosenColumns(schema: SchemaTree, columns: readonly string[] | undefined): Set<string> {
  const fields = new Map(schema.children.map((field) => [field.element.name, field]));
  for (const name of columns ?? fields.keys()) {
    const field = fields.get(name);
    if (field !== undefined) {
      refuseVariants(field);
      continue;
    }
    throw new LodeError({
      code: "invalid-argument",
      message: `the Parquet file has no column ${JSON.stringify(name)}; it has ${[...fields.keys()].slice(0, 10).join(", ")}`,
    });
  }
  return new Set(columns ?? fields.keys());
}
