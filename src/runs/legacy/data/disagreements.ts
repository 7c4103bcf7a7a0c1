import { isDeepStrictEqual } from "node:util";
import type { LegacyReference } from "../layout/index.js";
import type { Examined } from "./examined.js";
import type { LegacyMetadata } from "./object-metadata.js";

/** What is known of the object to which a reference points. */
export interface StoredFacts {
  readonly examined: Examined;
  /** In bytes. */
  readonly size: number;
  readonly metadata: LegacyMetadata | undefined;
}

/**
 * In what a reference contradicts the object that it points to: then the run had other data of the same hash, and mltrack
 * never stored it. None where both agree or one does not tell. Sizes of Parquet are not compared, as equal frames have
 * different ones.
 */
export function disagreements(reference: LegacyReference, stored: StoredFacts): string[] {
  const { examined } = stored;
  const found: string[] = [];
  const tell = (what: string, told: unknown, there: unknown) =>
    found.push(`${what} ${brief(told)}, and ${brief(there)} is stored`);
  if (differ(reference.shape, examined.shape)) tell("shape", reference.shape, examined.shape);
  const named = reference.columns?.every((name) => !name.startsWith("["));
  if (named && differ(reference.columns, examined.columns)) {
    tell("columns", reference.columns, examined.columns);
  }
  if (typeof reference.dtype === "string") {
    if (differ(reference.dtype, examined.dtype)) tell("dtype", reference.dtype, examined.dtype);
  } else {
    const there = columnTypes(stored);
    for (const [name, type] of Object.entries(reference.dtype ?? {})) {
      const other = there[name];
      if (other !== undefined && other !== type) tell(`dtype of ${brief(name)}`, type, other);
    }
  }
  const exact = reference.format === "json" || reference.format === "npy";
  if (found.length === 0 && exact && differ(reference.size, stored.size)) {
    tell("bytes", reference.size, stored.size);
  }
  return found;
}

/**
 * Of the columns of the stored frame. Its `metadata.json` tells all of them, if it is of this frame; the file itself
 * those of plain numbers.
 */
function columnTypes({ examined, metadata }: StoredFacts): Readonly<Record<string, string>> {
  const sameFrame =
    metadata?.type === "DataFrame" &&
    !differ(metadata.columns, examined.columns) &&
    !differ(metadata.shape, examined.shape);
  const told = sameFrame && typeof metadata.dtype === "object" ? metadata.dtype : null;
  const seen = typeof examined.dtype === "object" ? examined.dtype : {};
  return { ...told, ...seen };
}

function differ(told: unknown, there: unknown): boolean {
  return (told ?? null) !== null && (there ?? null) !== null && !isDeepStrictEqual(told, there);
}

function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
