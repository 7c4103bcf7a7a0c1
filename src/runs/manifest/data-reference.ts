import {
  type BlobId,
  type BlobLayout,
  blobFolder,
  type Digest,
  isBlobId,
} from "../../cas/index.js";
import { JsonFields, type JsonPlace } from "../../core/index.js";
import { isTimeStamp } from "./time-stamp.js";

/** Data in the store under the name that a run, or the caller, gave it. */
export interface DataReference {
  readonly name: string;
  /** The blob: SHA-256 of its bytes in 64 hex digits. */
  readonly hash: BlobId;
  /** What the value is: `table`, `array`, `json`, `text`, `bytes`, `file`, `tree`… */
  readonly type: string;
  /** The ending of the blob's name: `parquet`, `npy`, `json`, `bin`… */
  readonly format: string;
  readonly layout: BlobLayout;
  /**
   * The blob's object, `data.<ending>` or `recipe.json`. Its ending may be another than `format`: equal bytes are stored
   * once, and named by what was stored first.
   */
  readonly key: string;
  /** Bytes of the blob. */
  readonly size: number;
  /** Equal values have equal ones, however they are stored. */
  readonly digest?: Digest | undefined;
  readonly shape?: readonly number[] | undefined;
  readonly columns?: readonly string[] | undefined;
  /** Of each column, or of an array. */
  readonly dtype?: string | Readonly<Record<string, string>> | undefined;
  /** When the reference was made, not the blob; ISO 8601 in UTC. */
  readonly createdAt: string;
  /** The caller's own. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Fields of newer versions, by their names in JSON. They are written back. */
  readonly more?: Readonly<Record<string, unknown>> | undefined;
}

const KNOWN = [
  "name",
  "hash",
  "type",
  "format",
  "layout",
  "key",
  "size",
  "digest",
  "shape",
  "columns",
  "dtype",
  "created_at",
  "metadata",
];

/** As it stands in a manifest. Undefined fields fall away in JSON. */
export function referenceToJson(reference: DataReference): Record<string, unknown> {
  return {
    name: reference.name,
    hash: reference.hash,
    type: reference.type,
    format: reference.format,
    layout: reference.layout,
    key: reference.key,
    size: reference.size,
    digest: reference.digest,
    shape: reference.shape,
    columns: reference.columns,
    dtype: reference.dtype,
    created_at: reference.createdAt,
    metadata: reference.metadata,
    ...reference.more,
  };
}

/** Throws `corrupt-format` that names the field. */
export function referenceFromJson(value: unknown, place: JsonPlace): DataReference {
  const fields = new JsonFields(value, place);
  const hash = fields.text("hash");
  if (!isBlobId(hash)) throw fields.wrong("hash", "a SHA-256 in 64 lower hex digits");
  const layout = fields.text("layout");
  if (layout !== "whole" && layout !== "chunked") {
    throw fields.wrong("layout", '"whole" or "chunked"');
  }
  const key = fields.text("key");
  if (!key.startsWith(blobFolder(hash)))
    throw fields.wrong("key", "a key in the folder of the blob");
  const format = fields.text("format");
  if (!isFormat(format)) throw fields.wrong("format", "the ending of a name");
  const createdAt = fields.text("created_at");
  if (!isTimeStamp(createdAt)) throw fields.wrong("created_at", "a time of ISO 8601 in UTC");
  const more = Object.fromEntries(fields.entries().filter(([name]) => !KNOWN.includes(name)));
  return {
    name: fields.text("name"),
    hash,
    type: fields.text("type"),
    format,
    layout,
    key,
    size: fields.integer("size"),
    ...optional("digest", fields.optionalText("digest")),
    ...optional("shape", listOf(fields, "shape", isLength, "a list of lengths")),
    ...optional("columns", listOf(fields, "columns", isText, "a list of names")),
    ...optional("dtype", dtypeFrom(fields)),
    createdAt,
    ...optional("metadata", fields.has("metadata") ? objectFrom(fields, "metadata") : null),
    ...(Object.keys(more).length === 0 ? {} : { more }),
  };
}

/** Whether a value is a reference as storing gives it, and no data of the caller's. */
export function isDataReference(value: unknown): value is DataReference {
  if (typeof value !== "object" || value === null) return false;
  const { hash, key, layout, format, createdAt, name, type, size } =
    value as Partial<DataReference>;
  return (
    isBlobId(hash) &&
    typeof key === "string" &&
    key.startsWith(blobFolder(hash)) &&
    (layout === "whole" || layout === "chunked") &&
    [format, createdAt, name, type].every(isText) &&
    isLength(size)
  );
}

/** Safe as the end of a key. */
function isFormat(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/.test(text);
}

function optional<N extends string, T>(name: N, value: T | null): { [K in N]?: T } {
  return (value === null ? {} : { [name]: value }) as { [K in N]?: T };
}

function listOf<T>(
  fields: JsonFields,
  name: string,
  is: (item: unknown) => item is T,
  expected: string,
): readonly T[] | null {
  if (!fields.has(name)) return null;
  const list = fields.list(name);
  if (!list.every(is)) throw fields.wrong(name, expected);
  return list;
}

function isLength(item: unknown): item is number {
  return Number.isSafeInteger(item) && (item as number) >= 0;
}

function isText(item: unknown): item is string {
  return typeof item === "string";
}

function dtypeFrom(fields: JsonFields): string | Record<string, string> | null {
  if (!fields.has("dtype")) return null;
  const value = fields.value("dtype");
  if (typeof value === "string") return value;
  const types = objectFrom(fields, "dtype");
  if (!Object.values(types).every(isText)) throw fields.wrong("dtype", "names of types by column");
  return types as Record<string, string>;
}

function objectFrom(fields: JsonFields, name: string): Record<string, unknown> {
  return Object.fromEntries(fields.object(name).entries());
}
