import type {
  ParquetColumn,
  ParquetGroup,
  ParquetRows,
  ParquetSegment,
} from "../../../src/formats/index.js";

/** A column of each type. */
export const COLUMNS: readonly ParquetColumn[] = [
  { name: "i4", type: "int32" },
  { name: "i8", type: "int64" },
  { name: "f4", type: "float32" },
  { name: "f8", type: "float64" },
  { name: "text ü", type: "string" },
  { name: "bytes", type: "bytes" },
];

/** A group of `rows` rows whose values depend on the seed. */
export function group(rows: number, seed: number): ParquetGroup {
  const numbers = Array.from({ length: rows }, (_, i) => (i + 1) * seed);
  return new Map<string, never>([
    ["i4", Int32Array.from(numbers, (n) => -n)],
    ["i8", BigInt64Array.from(numbers, (n) => BigInt(n) << 40n)],
    ["f4", Float32Array.from(numbers, (n) => n / 4)],
    ["f8", Float64Array.from(numbers, (n) => n / 3)],
    ["text ü", numbers.map((n) => "𝕏".repeat(n % 5) + n)],
    ["bytes", numbers.map((n) => new Uint8Array(n % 3 === 0 ? 0 : (n * 97) % 70_000).fill(n))],
  ] as [string, never][]);
}

/** The groups as one group, for comparison with what was written. */
export function merged(groups: readonly (ParquetGroup | ParquetRows["columns"])[]) {
  const columns = new Map<string, unknown[]>();
  for (const group of groups) {
    for (const [name, values] of group) {
      columns.set(name, [...(columns.get(name) ?? []), ...values].map(plain));
    }
  }
  return columns;
}

function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

/** A file of segments, with zeros for what is made elsewhere. */
export function filled(segments: Iterable<ParquetSegment>): Uint8Array {
  const pieces = [...segments].map((segment) =>
    segment instanceof Uint8Array ? segment : new Uint8Array(segment.length),
  );
  return new Uint8Array(Buffer.concat(pieces));
}
