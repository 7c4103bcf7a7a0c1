import type { ColumnType, Field } from "../../table/index.js";
import { corruptParquet } from "../corrupt-parquet.js";
import type { ParquetMetadata } from "../metadata.js";
import { TYPE_NOTES_KEY } from "../table-writer/index.js";

/** Types of columns by their path. */
export type TypeNotes = ReadonlyMap<string, ColumnType>;

/**
 * What our writer tells of types that Parquet has no word for. Of a file of another writer nothing: libraries pass
 * key-value entries on to files with other columns.
 */
export function readTypeNotes({ createdBy, keyValues }: ParquetMetadata): TypeNotes {
  const text = keyValues.get(TYPE_NOTES_KEY);
  const notes = new Map<string, ColumnType>();
  if (text === undefined || !createdBy?.startsWith("lodestore")) return notes;
  const columns = parsed(text);
  if (columns === undefined) throw corruptParquet(`its entry ${TYPE_NOTES_KEY} is none of ours`);
  for (const { path, type } of columns) notes.set(JSON.stringify(path), type);
  return notes;
}

function parsed(
  text: string,
): readonly { path: readonly string[]; type: ColumnType }[] | undefined {
  try {
    const { version, columns } = JSON.parse(text);
    return version === 1 && Array.isArray(columns) ? columns : undefined;
  } catch (error) {
    throw corruptParquet(`its entry ${TYPE_NOTES_KEY} is no JSON`, error);
  }
}

/** The field with the types that notes tell of it and of what is in it. */
export function withNotes(field: Field, notes: TypeNotes, above: readonly string[] = []): Field {
  if (notes.size === 0) return field;
  const path = [...above, field.name];
  const { type } = field;
  if (type.kind === "list") {
    const item = withNotes(type.item, notes, [...path, "list"]);
    return { ...field, type: { kind: "list", item } };
  }
  if (type.kind === "struct") {
    const fields = type.fields.map((part) => withNotes(part, notes, path));
    return { ...field, type: { kind: "struct", fields } };
  }
  const noted = notes.get(JSON.stringify(path));
  return noted === undefined ? field : { ...field, type: agreed(type, noted) };
}

/** The noted type where it is one that the writer stores as this one. */
function agreed(stored: ColumnType, noted: ColumnType): ColumnType {
  const sameUnit = (unit: string) =>
    "unit" in noted && (noted.unit === unit || (noted.unit === "s" && unit === "ms"));
  if (noted.kind === "duration" && stored.kind === "int" && stored.bits === 64) return noted;
  if (noted.kind === "time" && stored.kind === "time" && sameUnit(stored.unit)) return noted;
  if (noted.kind === "timestamp" && stored.kind === "timestamp" && sameUnit(stored.unit))
    return noted;
  throw corruptParquet(
    `its entry ${TYPE_NOTES_KEY} tells ${noted.kind} of a column of ${stored.kind}`,
  );
}
