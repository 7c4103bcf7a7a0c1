import { LodeError } from "../../../errors.js";
import type { CopyOptions, ObjectMeta, WriteOptions, WriteResult } from "../../backend.js";
import type { ChecksumPolicy } from "./checksum-policy.js";
import { isAwsHost } from "./endpoint.js";
import { malformedReply } from "./error-map.js";
import type { HttpHeaders } from "./http/index.js";
import { startUpload } from "./multipart.js";
import { attributeHeaders, metaFromHeaders, quoteEtag, unquoteEtag } from "./object-meta.js";
import { putObject } from "./put-object.js";
import type { S3Sender } from "./request.js";
import type { Header } from "./sigv4.js";
import { encodeKey } from "./uri-encoding.js";
import { childText } from "./xml.js";
import { readXmlReply } from "./xml-reply.js";

/** Headers that belong to an object beside its content type and user metadata. */
const STANDARD_HEADERS = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
];

const MAX_PARTS = 10_000;
const MIB = 1024 * 1024;
/** Parts copied at a time; no byte of them passes through here. */
const PARALLEL_PARTS = 8;

interface CopySource {
  readonly meta: ObjectMeta;
  readonly headers: readonly Header[];
}

/**
 * Copies on the server, pinned to the version that was looked at first: by CopyObject, or part by part
 * above the threshold and for conditional modes, which every server checks when an upload is
 * completed, and few in CopyObject.
 */
export async function copyObject(
  sender: S3Sender,
  checksums: ChecksumPolicy,
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<WriteResult> {
  const source = await lookAt(sender, from, options);
  const { meta } = source;
  if (options.sourceIfMatch !== undefined && options.sourceIfMatch !== meta.etag) {
    throw new LodeError({
      code: "precondition-failed",
      message: `copy ${sender.uriOf(from)} failed: its etag is another one; look at it again`,
      details: { etag: meta.etag },
    });
  }
  const conditional = options.mode !== undefined && options.mode !== "overwrite";
  if (!conditional && meta.size <= sender.config.copyThreshold) {
    return copyAtOnce(sender, source, from, to, options);
  }
  const attributes = mergedAttributes(meta, options);
  if (meta.size === 0) return putObject(sender, checksums, to, new Uint8Array(0), attributes);
  return copyInParts(sender, checksums, source, from, to, attributes);
}

async function lookAt(sender: S3Sender, key: string, options: CopyOptions): Promise<CopySource> {
  const response = await sender.send({
    operation: "copy",
    method: "HEAD",
    key,
    headers: [["x-amz-checksum-mode", "ENABLED"]],
    signal: options.signal,
  });
  await response.body.discard();
  const size = Number(response.headers.get("content-length") ?? Number.NaN);
  if (!Number.isSafeInteger(size)) {
    throw malformedReply("copy", sender.uriOf(key), "it tells no length");
  }
  return {
    meta: metaFromHeaders(key, size, response.headers),
    headers: standardHeaders(response.headers),
  };
}

function standardHeaders(headers: HttpHeaders): Header[] {
  return STANDARD_HEADERS.flatMap((name): Header[] => {
    const value = headers.get(name);
    return value === undefined ? [] : [[name, value]];
  });
}

function mergedAttributes(meta: ObjectMeta, options: CopyOptions): WriteOptions {
  return {
    signal: options.signal,
    mode: options.mode,
    contentType: options.contentType ?? meta.contentType,
    metadata: options.metadata ?? meta.metadata,
    storageClass: options.storageClass,
  };
}

function copySource(sender: S3Sender, key: string): string {
  return `/${sender.config.bucket}/${encodeKey(key)}`;
}

async function copyAtOnce(
  sender: S3Sender,
  source: CopySource,
  from: string,
  to: string,
  options: CopyOptions,
): Promise<WriteResult> {
  const uri = sender.uriOf(to);
  // S3 refuses to copy an object onto itself unless something changes.
  const replace =
    options.contentType !== undefined || options.metadata !== undefined || from === to;
  const attributes = replace
    ? mergedAttributes(source.meta, options)
    : { storageClass: options.storageClass };
  const response = await sender.send({
    operation: "copy",
    method: "PUT",
    key: to,
    headers: [
      ["x-amz-copy-source", copySource(sender, from)],
      ["x-amz-copy-source-if-match", quoteEtag(source.meta.etag)],
      ["x-amz-metadata-directive", replace ? "REPLACE" : "COPY"],
      ...attributeHeaders(attributes),
      ...(replace ? source.headers : []),
    ],
    signal: options.signal,
  });
  const root = await readXmlReply(response, "CopyObjectResult", "copy", uri);
  const etag = unquoteEtag(childText(root, "ETag") ?? "");
  if (etag === "") throw malformedReply("copy", uri, "it tells no etag");
  const versionId = response.headers.get("x-amz-version-id");
  const { size, crc32c } = source.meta;
  return {
    etag,
    size,
    ...(crc32c === undefined ? {} : { crc32c }),
    ...(versionId === undefined ? {} : { versionId }),
  };
}

async function copyInParts(
  sender: S3Sender,
  checksums: ChecksumPolicy,
  source: CopySource,
  from: string,
  to: string,
  attributes: WriteOptions,
): Promise<WriteResult> {
  const { signal } = attributes;
  const { meta } = source;
  const upload = await startUpload(sender, checksums, to, attributes, {
    operation: "copy",
    headers: source.headers,
    // Elsewhere a copied part gets no checksum, and its upload could not be completed with one.
    checksum: isAwsHost(sender.bucketAddress.origin.host),
  });
  try {
    const size = partSize(meta.size, sender.config.copyPartSize);
    const count = Math.ceil(meta.size / size);
    let next = 1;
    let failed = false;
    const worker = async () => {
      try {
        while (next <= count && !failed) {
          const number = next++;
          const start = (number - 1) * size;
          const range = { start, end: Math.min(start + size, meta.size) };
          await upload.copyPart(number, copySource(sender, from), range, meta, { signal });
        }
      } catch (error) {
        failed = true;
        throw error;
      }
    };
    const workers = Array.from({ length: Math.min(PARALLEL_PARTS, count) }, worker);
    const outcomes = await Promise.allSettled(workers);
    const refused = outcomes.find((outcome) => outcome.status === "rejected");
    if (refused !== undefined) throw refused.reason;
    const result = await upload.complete({ signal });
    return meta.crc32c === undefined ? result : { ...result, crc32c: meta.crc32c };
  } catch (error) {
    await abandon(upload, error);
    throw error;
  }
}

/** Aborts the upload without the caller's signal, which may have fired; `error` stays the failure. */
async function abandon(
  upload: { abort(): Promise<void>; readonly id: string },
  error: unknown,
): Promise<void> {
  try {
    await upload.abort();
  } catch (cause) {
    throw new LodeError({
      code: "unexpected",
      message:
        `copy failed, and its upload ${upload.id} could not be aborted and still holds space: ` +
        `${error instanceof Error ? error.message : String(error)}`,
      cause: new AggregateError([error, cause]),
    });
  }
}

/** Grown where needed so that 10,000 parts suffice. */
function partSize(size: number, wanted: number): number {
  if (wanted * MAX_PARTS >= size) return wanted;
  return Math.ceil(size / MAX_PARTS / MIB) * MIB;
}
