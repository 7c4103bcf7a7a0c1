import { crc32cFromBase64 } from "../../../core/index.js";
import type { CallOptions, PendingUpload, UploadedPart } from "../../backend.js";
import type { UploadChecksum } from "./checksum-policy.js";
import { isAwsHost } from "./endpoint.js";
import { malformedReply } from "./error-map.js";
import { unquoteEtag } from "./object-meta.js";
import type { S3Sender } from "./request.js";
import { TokenGuard } from "./token-guard.js";
import { childrenOf, childText, type XmlElement } from "./xml.js";
import { readXmlReply } from "./xml-reply.js";

/** ListParts, all pages. */
export async function listUploadParts(
  sender: S3Sender,
  key: string,
  id: string,
  options: CallOptions = {},
): Promise<{ parts: UploadedPart[]; checksum: UploadChecksum }> {
  const operation = "list parts of";
  const uri = sender.uriOf(key);
  const guard = new TokenGuard(operation, uri);
  const parts: UploadedPart[] = [];
  let checksum: UploadChecksum = "none";
  let marker: string | undefined;
  do {
    const response = await sender.send({
      operation,
      method: "GET",
      key,
      query: [
        ["uploadId", id],
        ["max-parts", "1000"],
        ...(marker === undefined ? [] : ([["part-number-marker", marker]] as const)),
      ],
      signal: options.signal,
    });
    const root = await readXmlReply(response, "ListPartsResult", operation, uri);
    parts.push(...childrenOf(root, "Part").map((part) => partOf(part, operation, uri)));
    checksum = checksumOf(root, parts);
    const truncated = childText(root, "IsTruncated") === "true";
    marker = truncated ? childText(root, "NextPartNumberMarker") : undefined;
    guard.check(truncated, marker);
  } while (marker !== undefined);
  return { parts: parts.sort((a, b) => a.number - b.number), checksum };
}

function checksumOf(root: XmlElement, parts: readonly UploadedPart[]): UploadChecksum {
  const type = childText(root, "ChecksumType");
  if (type === "FULL_OBJECT") return "full-object";
  if (childText(root, "ChecksumAlgorithm")?.toUpperCase() === "CRC32C") return "composite";
  return parts.length > 0 && parts.every((part) => part.crc32c !== undefined)
    ? "composite"
    : "none";
}

function partOf(part: XmlElement, operation: string, uri: string): UploadedPart {
  const number = Number(childText(part, "PartNumber"));
  const size = Number(childText(part, "Size"));
  const etag = unquoteEtag(childText(part, "ETag") ?? "");
  if (!Number.isSafeInteger(number) || !Number.isSafeInteger(size) || etag === "") {
    throw malformedReply(operation, uri, "a part has no number, size or etag");
  }
  const crc32c = crc32cFromBase64(childText(part, "ChecksumCRC32C") ?? "");
  return { number, size, etag, ...(crc32c === undefined ? {} : { crc32c }) };
}

/**
 * ListMultipartUploads, all pages. Keys are asked for as they are: radosgw encodes them here when asked
 * to, but not its markers, and does not say so.
 */
export async function* listPendingUploads(
  sender: S3Sender,
  options: CallOptions & { readonly prefix?: string | undefined } = {},
): AsyncGenerator<PendingUpload, void, undefined> {
  const operation = "list uploads of";
  const uri = sender.uriOf(undefined);
  const guard = new TokenGuard(operation, uri);
  // MinIO takes the prefix for a whole key and would leave uploads out.
  const sendPrefix = isAwsHost(sender.bucketAddress.origin.host);
  let next: { key: string; id: string } | undefined;
  do {
    const response = await sender.send({
      operation,
      method: "GET",
      query: [
        ["uploads", ""],
        ["max-uploads", "1000"],
        ...(options.prefix && sendPrefix ? ([["prefix", options.prefix]] as const) : []),
        ...(next === undefined
          ? []
          : ([
              ["key-marker", next.key],
              ["upload-id-marker", next.id],
            ] as const)),
      ],
      signal: options.signal,
    });
    const root = await readXmlReply(response, "ListMultipartUploadsResult", operation, uri);
    for (const upload of childrenOf(root, "Upload")) {
      const key = childText(upload, "Key");
      const id = childText(upload, "UploadId");
      const startedAt = new Date(childText(upload, "Initiated") ?? "");
      if (!key || !id || Number.isNaN(startedAt.getTime())) {
        throw malformedReply(operation, uri, "an upload has no key, id or date");
      }
      if (key.startsWith(options.prefix ?? "")) yield { key, id, startedAt };
    }
    const truncated = childText(root, "IsTruncated") === "true";
    const id = childText(root, "NextUploadIdMarker");
    next = truncated ? { key: childText(root, "NextKeyMarker") ?? "", id: id ?? "" } : undefined;
    guard.check(truncated, next && `${next.key}\0${next.id}`);
  } while (next !== undefined);
}
