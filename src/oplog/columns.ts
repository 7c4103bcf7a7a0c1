/** How many columns a log has: 13, which all readers take, or the 15 of newer versions of warp. */
export type OpLogColumns = 13 | 15;

const BEFORE_LAST_BYTE = [
  "idx",
  "thread",
  "op",
  "client_id",
  "n_objects",
  "bytes",
  "endpoint",
  "file",
  "error",
  "start",
  "first_byte",
] as const;

/** The names of the columns in their order, as warp writes them. */
export const COLUMN_NAMES: Readonly<Record<OpLogColumns, readonly string[]>> = {
  13: [...BEFORE_LAST_BYTE, "end", "duration_ns"],
  15: [...BEFORE_LAST_BYTE, "last_byte", "end", "duration_ns", "cat"],
};

/** What separates fields: tabs as warp has it, or commas. */
export type OpLogDelimiter = "\t" | ",";

/** The first line of a log. */
export function headerLine(columns: OpLogColumns, delimiter: OpLogDelimiter = "\t"): string {
  return `${COLUMN_NAMES[columns].join(delimiter)}\n`;
}
