import { CompactWriter } from "./compact-writer.js";

/** The numbers of parquet.thrift's `Type`. */
export const PHYSICAL = {
  boolean: 0,
  int32: 1,
  int64: 2,
  float: 4,
  double: 5,
  byteArray: 6,
  fixedLengthByteArray: 7,
} as const;

/** The numbers of parquet.thrift's `FieldRepetitionType`. */
export const REPETITION = { required: 0, optional: 1, repeated: 2 } as const;

/** How values stand in a file and what they mean, with the numbers of parquet.thrift. */
export interface ValueFormat {
  readonly physical: number;
  /** Bytes of each value of `fixedLengthByteArray`. */
  readonly typeLength?: number | undefined;
  /** `ConvertedType`, for readers older than logical types. */
  readonly converted?: number | undefined;
  /** Of decimals, beside their logical type. */
  readonly digits?: { readonly scale: number; readonly precision: number } | undefined;
  /** `LogicalType`: the number of its field, and the struct there. */
  readonly logical?: LogicalType | undefined;
}

export interface LogicalType {
  readonly field: number;
  readonly struct: () => CompactWriter;
}

/** UTF-8. */
export const STRING_FORMAT: ValueFormat = {
  physical: PHYSICAL.byteArray,
  converted: 0,
  logical: { field: 1, struct: () => new CompactWriter() },
};

/** A node of the schema: a column, or so many below it. */
export interface SchemaElement {
  readonly name: string;
  readonly repetition: number;
  readonly children?: number | undefined;
  readonly format?: Partial<ValueFormat> | undefined;
}

/** The bytes of parquet.thrift's `SchemaElement`. */
export function schemaElement(element: SchemaElement): Uint8Array {
  const { name, repetition, children, format = {} } = element;
  const { physical, typeLength, converted, digits, logical } = format;
  const writer = new CompactWriter();
  if (physical !== undefined) writer.int32(1, physical);
  if (typeLength !== undefined) writer.int32(2, typeLength);
  writer.int32(3, repetition).text(4, name);
  if (children !== undefined) writer.int32(5, children);
  if (converted !== undefined) writer.int32(6, converted);
  if (digits !== undefined) writer.int32(7, digits.scale).int32(8, digits.precision);
  if (logical === undefined) return writer.finish();
  const union = new CompactWriter().struct(logical.field, logical.struct());
  return writer.struct(10, union).finish();
}
