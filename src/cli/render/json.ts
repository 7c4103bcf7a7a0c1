import type { ListEntry } from "../../app/operations/index.js";
import { errorToJson, type LodeError } from "../../errors.js";
import type { ObjectMeta } from "../../storage/index.js";

/** One line of `--json`. Fields are stable: later versions add, but never rename or remove. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value);
}

export function errorLine(error: LodeError): string {
  return jsonLine({ error: errorToJson(error) });
}

/** What is known of an object; absent facts are left out. */
export function objectJson(uri: string, meta: ObjectMeta): Record<string, unknown> {
  return {
    type: "object",
    uri,
    key: meta.key,
    size: meta.size,
    lastModified: meta.lastModified.toISOString(),
    etag: meta.etag,
    contentType: meta.contentType,
    storageClass: meta.storageClass,
    versionId: meta.versionId,
    crc32c: meta.crc32c,
    metadata: meta.metadata,
  };
}

export function entryJson(entry: ListEntry): Record<string, unknown> {
  if (entry.meta !== undefined) return objectJson(entry.uri, entry.meta);
  return {
    type: entry.kind,
    uri: entry.uri,
    key: entry.kind === "folder" ? entry.key : undefined,
    createdAt: entry.createdAt?.toISOString(),
  };
}
