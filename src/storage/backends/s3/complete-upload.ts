import { createHash } from "node:crypto";
import { crc32cToBase64 } from "../../../core/index.js";
import { isLodeError, type LodeError } from "../../../errors.js";
import type { UploadedPart, WriteMode, WriteResult } from "../../backend.js";
import type { ChecksumPolicy, UploadChecksum } from "./checksum-policy.js";
import { malformedReply } from "./error-map.js";
import { headObject } from "./get-object.js";
import { modeHeaders, unquoteEtag } from "./object-meta.js";
import { withModeErrors } from "./put-object.js";
import type { S3Sender } from "./request.js";
import { type Header, sha256Hex } from "./sigv4.js";
import { childText, escapeXml } from "./xml.js";
import { readXmlReply } from "./xml-reply.js";

export interface Completion {
  readonly key: string;
  readonly id: string;
  readonly mode: WriteMode | undefined;
  /** By number, without a gap. */
  readonly parts: readonly UploadedPart[];
  readonly checksum: UploadChecksum;
  /** Of all parts in a row, where known. */
  readonly crc32c: number | undefined;
  /** An earlier try of this upload ended without an answer. */
  readonly mayBeDone: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * CompleteMultipartUpload. An upload that the server no longer knows may have been completed by an
 * earlier try whose reply was lost: then the object is looked at, and if it is this one, that is
 * the success.
 */
export async function completeUpload(
  sender: S3Sender,
  checksums: ChecksumPolicy,
  completion: Completion,
): Promise<WriteResult> {
  try {
    return await complete(sender, checksums, completion);
  } catch (error) {
    if (!isLodeError(error) || !mayBeDone(error, completion)) throw error;
    const done = await findCompleted(sender, completion);
    if (done === undefined) throw error;
    return done;
  }
}

/**
 * The upload is gone, or (a conditional one) an object is there now. For conditional writes this counts
 * only after a try without an answer: else another writer of the same bytes would be taken for us.
 */
function mayBeDone(error: LodeError, { mode, mayBeDone: uncertain }: Completion): boolean {
  const gone = error.details.providerCode === "NoSuchUpload";
  if (mode === undefined || mode === "overwrite") return gone;
  return uncertain && (gone || error.details.status === 412);
}

async function complete(
  sender: S3Sender,
  checksums: ChecksumPolicy,
  completion: Completion,
): Promise<WriteResult> {
  const { key, id, mode, parts, crc32c } = completion;
  const uri = sender.uriOf(key);
  const body = Buffer.from(completionXml(completion));
  const headers: Header[] = [["content-type", "application/xml"], ...modeHeaders(mode)];
  // MinIO takes the checksum of nothing, which is 0, for a wrong one.
  const sends = completion.checksum === "full-object" && totalSize(parts) > 0;
  const whole = sends ? crc32c : undefined;
  if (whole !== undefined) {
    headers.push(["x-amz-checksum-crc32c", crc32cToBase64(whole)]);
    headers.push(["x-amz-checksum-type", "FULL_OBJECT"]);
  }
  const root = await withModeErrors("put", uri, mode, async () => {
    const response = await sender.send({
      operation: "put",
      method: "POST",
      key,
      query: [["uploadId", id]],
      headers,
      body,
      payloadHash: sha256Hex(body),
      signal: completion.signal,
    });
    return {
      xml: await readXmlReply(response, "CompleteMultipartUploadResult", "put", uri),
      versionId: response.headers.get("x-amz-version-id"),
    };
  });
  const etag = unquoteEtag(childText(root.xml, "ETag") ?? "");
  if (etag === "") throw malformedReply("put", uri, "it tells no etag");
  if (childText(root.xml, "ChecksumType") === "FULL_OBJECT") {
    checksums.confirm(crc32c, childText(root.xml, "ChecksumCRC32C"), uri);
  }
  return {
    etag,
    size: totalSize(parts),
    ...(crc32c === undefined ? {} : { crc32c }),
    ...(root.versionId === undefined ? {} : { versionId: root.versionId }),
  };
}

function completionXml({ parts, checksum }: Completion): string {
  const entries = parts.map(({ number, etag, crc32c }) => {
    const crc =
      checksum === "none" || crc32c === undefined
        ? ""
        : `<ChecksumCRC32C>${crc32cToBase64(crc32c)}</ChecksumCRC32C>`;
    return `<Part>${crc}<ETag>"${escapeXml(etag)}"</ETag><PartNumber>${number}</PartNumber></Part>`;
  });
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `${entries.join("")}</CompleteMultipartUpload>`
  );
}

/** The published object if it is what this upload makes: same size, and same etag or CRC32C. */
async function findCompleted(
  sender: S3Sender,
  { key, parts, crc32c, signal }: Completion,
): Promise<WriteResult | undefined> {
  try {
    const meta = await headObject(sender, key, { signal }, "put");
    const same =
      meta.size === totalSize(parts) &&
      (meta.etag === multipartEtag(parts) ||
        (crc32c !== undefined && meta.etag.endsWith(`-${parts.length}`) && meta.crc32c === crc32c));
    if (!same) return undefined;
    return {
      etag: meta.etag,
      size: meta.size,
      ...(crc32c === undefined ? {} : { crc32c }),
      ...(meta.versionId === undefined ? {} : { versionId: meta.versionId }),
    };
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}

/** MD5 of the parts' MD5s, and their count, as S3 makes it without encryption by KMS. */
export function multipartEtag(parts: readonly UploadedPart[]): string | undefined {
  if (!parts.every(({ etag }) => /^[0-9a-f]{32}$/.test(etag))) return undefined;
  const hash = createHash("md5");
  for (const { etag } of parts) hash.update(Buffer.from(etag, "hex"));
  return `${hash.digest("hex")}-${parts.length}`;
}

function totalSize(parts: readonly UploadedPart[]): number {
  return parts.reduce((sum, part) => sum + part.size, 0);
}
