import { crc32cFromBase64 } from "../../../core/index.js";
import type { ObjectMeta, WriteOptions } from "../../backend.js";
import type { HttpHeaders } from "./http/index.js";
import { decodeMetadataValue, encodeMetadataValue } from "./metadata-encoding.js";
import type { Header } from "./sigv4.js";

const METADATA = "x-amz-meta-";

/** What the headers of a HEAD or GET reply tell of an object of `size` bytes. */
export function metaFromHeaders(key: string, size: number, headers: HttpHeaders): ObjectMeta {
  const contentType = headers.get("content-type");
  const versionId = headers.get("x-amz-version-id");
  const crc32c = fullObjectCrc(headers);
  const metadata = metadataOf(headers);
  return {
    key,
    size,
    etag: unquoteEtag(headers.get("etag") ?? ""),
    lastModified: new Date(headers.get("last-modified") ?? 0),
    // S3 tells every class but its standard one.
    storageClass: headers.get("x-amz-storage-class") ?? "STANDARD",
    ...(contentType === undefined ? {} : { contentType }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(crc32c === undefined ? {} : { crc32c }),
    ...(versionId === undefined || versionId === "null" ? {} : { versionId }),
  };
}

/**
 * The CRC32C of the whole object. A composite one (a checksum of the parts' checksums) says nothing
 * of the bytes as a whole.
 */
export function fullObjectCrc(headers: HttpHeaders): number | undefined {
  const text = headers.get("x-amz-checksum-crc32c");
  if (text === undefined || headers.get("x-amz-checksum-type") === "COMPOSITE") return undefined;
  return crc32cFromBase64(text);
}

/** The etag without quotes; a weak one loses its mark, since S3 compares the rest. */
export function unquoteEtag(etag: string): string {
  return etag.replace(/^W\//, "").replace(/^"(.*)"$/s, "$1");
}

/** The etag as If-Match and If-None-Match want it. */
export function quoteEtag(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`;
}

function metadataOf(headers: HttpHeaders): Record<string, string> | undefined {
  let found: Record<string, string> | undefined;
  for (const [name, value] of headers.entries()) {
    if (!name.startsWith(METADATA)) continue;
    found ??= Object.create(null) as Record<string, string>;
    found[name.slice(METADATA.length)] = decodeMetadataValue(value);
  }
  return found === undefined ? undefined : { ...found };
}

/** The headers by which a write sets content type, user metadata and storage class. */
export function attributeHeaders(options: WriteOptions): Header[] {
  const headers: Header[] = [];
  if (options.contentType !== undefined) headers.push(["content-type", options.contentType]);
  if (options.storageClass !== undefined) {
    headers.push(["x-amz-storage-class", options.storageClass]);
  }
  for (const [name, value] of Object.entries(options.metadata ?? {})) {
    headers.push([`${METADATA}${name}`, encodeMetadataValue(value)]);
  }
  return headers;
}

/** The header by which a write is conditional. */
export function modeHeaders(mode: WriteOptions["mode"]): Header[] {
  if (mode === "create") return [["if-none-match", "*"]];
  if (typeof mode === "object") return [["if-match", quoteEtag(mode.ifMatch)]];
  return [];
}
