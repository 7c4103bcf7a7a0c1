import { LodeError } from "../../../errors.js";
import type { TableSchema } from "../../../formats/index.js";
import { parsePythonJson } from "../../../formats/index.js";

/** What pandas notes of a column that it writes to Parquet. */
export interface PandasColumn {
  /** As `categorical`, `unicode`, `datetimetz`. */
  readonly pandasType: string | undefined;
  /** As `object`, `int64`, `datetime64[ns]`, `Int64`. */
  readonly numpyType: string | undefined;
}

/** The index of a frame: columns of the file, or numbers that only its metadata tell. */
export type PandasIndex =
  | { readonly columns: readonly string[] }
  | { readonly start: bigint; readonly step: bigint };

/** What the key `pandas` of a Parquet file tells (https://pandas.pydata.org/docs/development/developer.html). */
export interface PandasMetadata {
  readonly columns: ReadonlyMap<string, PandasColumn>;
  readonly index: PandasIndex;
}

const NONE: PandasMetadata = { columns: new Map(), index: { start: 0n, step: 1n } };

/** What pandas noted in the schema's metadata; of a file of another writer nothing, and an index from 0. */
export function pandasMetadata(schema: TableSchema): PandasMetadata {
  const text = schema.metadata?.pandas;
  if (text === undefined) return NONE;
  const noted = asRecord(parsePythonJson(text, { exactIntegers: "all" }));
  if (noted === undefined) throw damaged("it is no object");
  const columns = new Map<string, PandasColumn>();
  for (const entry of asArray(noted.columns)) {
    const column = asRecord(entry);
    const name = column?.field_name ?? column?.name;
    if (column === undefined || typeof name !== "string") continue;
    columns.set(name, {
      pandasType: asText(column.pandas_type),
      numpyType: asText(column.numpy_type),
    });
  }
  return { columns, index: indexOf(asArray(noted.index_columns)) };
}

function indexOf(entries: readonly unknown[]): PandasIndex {
  const [first] = entries;
  const range = asRecord(first);
  if (range !== undefined) {
    const { kind, start, step } = range;
    if (kind !== "range" || typeof start !== "bigint" || typeof step !== "bigint") {
      throw damaged("its index is neither a column nor a range");
    }
    return { start, step };
  }
  if (first === undefined) return NONE.index;
  return {
    columns: entries.map((name) => {
      if (typeof name !== "string") throw damaged("its index is neither columns nor a range");
      return name;
    }),
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const is = typeof value === "object" && value !== null && !Array.isArray(value);
  return is ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function damaged(why: string): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the metadata of pandas in a Parquet file cannot be read: ${why}`,
  });
}
