/** Of times: seconds, milliseconds, microseconds, nanoseconds; in Arrow's order. */
export const TIME_UNITS = ["s", "ms", "us", "ns"] as const;

export type TimeUnit = (typeof TIME_UNITS)[number];

/**
 * What a column holds, in Arrow's terms without its encodings: a dictionary or a large string is a `string`. So is a
 * column of nothing but nulls of which no source tells a type.
 */
export type ColumnType =
  | { readonly kind: "bool" }
  | { readonly kind: "int"; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly kind: "float"; readonly bits: 16 | 32 | 64 }
  /** UTF-8. */
  | { readonly kind: "string" }
  | { readonly kind: "bytes" }
  /** Days since 1970-01-01. */
  | { readonly kind: "date" }
  /** `zone` as in Arrow, `UTC` or `Europe/Berlin`; without it the local time of nowhere. Ticks since 1970-01-01. */
  | { readonly kind: "timestamp"; readonly unit: TimeUnit; readonly zone?: string | undefined }
  /** Since midnight. */
  | { readonly kind: "time"; readonly unit: TimeUnit }
  | { readonly kind: "duration"; readonly unit: TimeUnit }
  /** `precision` digits, up to 38, `scale` of them behind the point. */
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "list"; readonly item: Field }
  | { readonly kind: "struct"; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

export interface TableSchema {
  readonly fields: readonly Field[];
  /** Key-value entries of the file, as `pandas` puts there. No part of what the table is. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * The values of one column in one batch of rows. By the column's kind `data` is:
 * bool `Uint8Array` of 0 and 1; int and float the typed array of that width (64 bits: `BigInt64Array`, `BigUint64Array`;
 * floats of 16 bits: `Uint16Array` of their bits);
 * date `Int32Array`; timestamp, time, duration `BigInt64Array`; decimal `bigint[]` (unscaled); string `string[]`;
 * bytes `Uint8Array[]`; list and struct as below. A place without a value holds 0, "", an empty list, or anything.
 */
export interface ColumnValues {
  readonly length: number;
  readonly data: ColumnData;
  /** 1 where there is a value, 0 where it is null; absent: no nulls. One byte a row. */
  readonly valid?: Uint8Array | undefined;
}

export type ColumnData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly string[]
  | readonly Uint8Array[]
  | readonly bigint[]
  | ListData
  | StructData;

/** Row `i` is `items` from `offsets[i]` up to and without `offsets[i + 1]`. */
export interface ListData {
  /** One more than rows. */
  readonly offsets: Int32Array;
  readonly items: ColumnValues;
}

export interface StructData {
  /** In the order of the type's fields, each with as many values as there are rows. */
  readonly fields: readonly ColumnValues[];
}

/** Some rows of a table. */
export interface TableBatch {
  readonly rows: number;
  /** In the order of the schema's fields. */
  readonly columns: readonly ColumnValues[];
}

/** A table as a stream: how its rows are split into batches means nothing. */
export interface Table {
  readonly schema: TableSchema;
  readonly batches: Iterable<TableBatch> | AsyncIterable<TableBatch>;
}
