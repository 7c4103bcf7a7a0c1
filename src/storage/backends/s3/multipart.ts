import {
  crc32c,
  crc32cCombine,
  crc32cFromBase64,
  type ResolvedRange,
  rangeHeader,
} from "../../../core/index.js";
import { isLodeError, LodeError } from "../../../errors.js";
import type {
  CallOptions,
  MultipartOptions,
  MultipartUpload,
  ObjectMeta,
  PutPartOptions,
  UploadedPart,
  WriteResult,
} from "../../backend.js";
import type { ChecksumPolicy, UploadChecksum } from "./checksum-policy.js";
import { completeUpload } from "./complete-upload.js";
import { malformedReply } from "./error-map.js";
import { listUploadParts } from "./list-uploads.js";
import { attributeHeaders, quoteEtag, unquoteEtag } from "./object-meta.js";
import { digestPayload, signsPayload } from "./payload.js";
import type { S3Sender } from "./request.js";
import type { Header } from "./sigv4.js";
import { childText } from "./xml.js";
import { readXmlReply } from "./xml-reply.js";

interface StartDetails {
  /** For messages; default `put`. */
  readonly operation?: string;
  /** Sent in addition. */
  readonly headers?: readonly Header[];
  /** Whether parts will carry checksums, where they are sent at all; default true. */
  readonly checksum?: boolean;
}

/** CreateMultipartUpload. */
export async function startUpload(
  sender: S3Sender,
  checksums: ChecksumPolicy,
  key: string,
  options: MultipartOptions = {},
  { operation = "put", headers = [], checksum: wanted = true }: StartDetails = {},
): Promise<S3MultipartUpload> {
  const uri = sender.uriOf(key);
  return checksums.run(async () => {
    const response = await sender.send({
      operation,
      method: "POST",
      key,
      query: [["uploads", ""]],
      headers: [
        ...attributeHeaders(options),
        ...headers,
        ...(wanted && checksums.active
          ? ([
              ["x-amz-checksum-algorithm", "CRC32C"],
              ["x-amz-checksum-type", "FULL_OBJECT"],
            ] as const)
          : []),
      ],
      signal: options.signal,
    });
    const root = await readXmlReply(response, "InitiateMultipartUploadResult", operation, uri);
    const id = childText(root, "UploadId");
    if (!id) throw malformedReply(operation, uri, "it tells no upload id");
    // A server that knows the type repeats it; one that does not makes a composite.
    const checksum: UploadChecksum =
      response.headers.get("x-amz-checksum-algorithm")?.toUpperCase() !== "CRC32C"
        ? "none"
        : response.headers.get("x-amz-checksum-type") === "FULL_OBJECT"
          ? "full-object"
          : "composite";
    return new S3MultipartUpload(sender, checksums, key, id, options, checksum);
  });
}

/** Takes up an upload that was started elsewhere. Throws `not-found` if the server has none such. */
export async function resumeUpload(
  sender: S3Sender,
  checksums: ChecksumPolicy,
  key: string,
  id: string,
  options: MultipartOptions = {},
): Promise<S3MultipartUpload> {
  const { checksum } = await listUploadParts(sender, key, id, options);
  return new S3MultipartUpload(sender, checksums, key, id, options, checksum, true);
}

/** An upload of S3 in parts: started here, or by another process and taken up. */
export class S3MultipartUpload implements MultipartUpload {
  readonly #parts = new Map<number, UploadedPart>();
  /** An earlier `complete` ended without an answer: it may have been carried out. */
  #mayBeDone = false;

  constructor(
    readonly sender: S3Sender,
    readonly checksums: ChecksumPolicy,
    readonly key: string,
    readonly id: string,
    readonly options: MultipartOptions,
    readonly checksum: UploadChecksum,
    /** Parts may be there that were neither put nor listed by this object. */
    readonly resumed = false,
  ) {}

  async putPart(
    number: number,
    bytes: Uint8Array,
    options: PutPartOptions = {},
  ): Promise<UploadedPart> {
    checkPartNumber(number);
    const { sender, checksums } = this;
    const uri = sender.uriOf(this.key);
    const sha256 = signsPayload(sender.config.payloadSigning, sender.plainText);
    const want = { sha256, crc32c: options.crc32c ?? checksums.active };
    const digests = await digestPayload(bytes, want, options.signal);
    const response = await checksums.run(() =>
      sender.send({
        operation: "put",
        method: "PUT",
        key: this.key,
        query: this.#partQuery(number),
        headers: checksums.headers(digests.crc32c),
        body: bytes,
        payloadHash: digests.payloadHash,
        signal: options.signal,
      }),
    );
    await response.body.discard();
    checksums.confirm(
      digests.crc32c,
      response.headers.get("x-amz-checksum-crc32c"),
      `part ${number} of ${uri}`,
    );
    const etag = unquoteEtag(response.headers.get("etag") ?? "");
    if (etag === "") throw malformedReply("put", uri, "it tells no etag");
    return this.#take({
      number,
      size: bytes.length,
      etag,
      ...(digests.crc32c === undefined ? {} : { crc32c: digests.crc32c }),
    });
  }

  /** UploadPartCopy: a range of another object (`end` exclusive) becomes a part. */
  async copyPart(
    number: number,
    source: string,
    range: ResolvedRange,
    sourceMeta: Pick<ObjectMeta, "etag" | "size">,
    options: CallOptions = {},
  ): Promise<UploadedPart> {
    checkPartNumber(number);
    const uri = this.sender.uriOf(this.key);
    const response = await this.sender.send({
      operation: "copy",
      method: "PUT",
      key: this.key,
      query: this.#partQuery(number),
      headers: [
        ["x-amz-copy-source", source],
        ["x-amz-copy-source-if-match", quoteEtag(sourceMeta.etag)],
        // S3 takes a range of objects above 5 MB only.
        ...(range.end - range.start === sourceMeta.size
          ? []
          : ([["x-amz-copy-source-range", rangeHeader(range)]] as const)),
      ],
      signal: options.signal,
    });
    const root = await readXmlReply(response, "CopyPartResult", "copy", uri);
    const etag = unquoteEtag(childText(root, "ETag") ?? "");
    if (etag === "") throw malformedReply("copy", uri, "it tells no etag");
    const crc = crc32cFromBase64(childText(root, "ChecksumCRC32C") ?? "");
    return this.#take({
      number,
      size: range.end - range.start,
      etag,
      ...(crc === undefined ? {} : { crc32c: crc }),
    });
  }

  async listParts(options: CallOptions = {}): Promise<UploadedPart[]> {
    const { parts } = await listUploadParts(this.sender, this.key, this.id, options);
    for (const part of parts) {
      const known = this.#parts.get(part.number);
      // What was computed here is kept where the server does not tell it.
      this.#take(known?.etag === part.etag ? { ...known, ...part } : part);
    }
    return parts;
  }

  async complete(options: CallOptions = {}): Promise<WriteResult> {
    if (this.resumed && this.#parts.size === 0) await this.listParts(options);
    const parts = [...this.#parts.values()].sort((a, b) => a.number - b.number);
    parts.forEach((part, index) => {
      if (part.number !== index + 1) throw gap(this.sender.uriOf(this.key), index + 1);
    });
    if (parts.length === 0) return this.#completeEmpty(options);
    try {
      return await completeUpload(this.sender, this.checksums, {
        key: this.key,
        id: this.id,
        mode: this.options.mode,
        parts,
        checksum: this.checksums.active ? this.checksum : "none",
        crc32c: wholeCrc(parts),
        mayBeDone: this.#mayBeDone,
        signal: options.signal,
      });
    } catch (error) {
      // Only a refusal is an answer.
      const status = isLodeError(error) ? Number(error.details.status ?? 500) : 500;
      if (status >= 500) this.#mayBeDone = true;
      throw error;
    }
  }

  async abort(options: CallOptions = {}): Promise<void> {
    try {
      const response = await this.sender.send({
        operation: "abort upload of",
        method: "DELETE",
        key: this.key,
        query: [["uploadId", this.id]],
        signal: options.signal,
      });
      await response.body.discard();
    } catch (error) {
      if (isLodeError(error) && error.details.providerCode === "NoSuchUpload") return;
      throw error;
    }
  }

  /** S3 knows no upload without parts: an empty object is one empty part. */
  async #completeEmpty(options: CallOptions): Promise<WriteResult> {
    await this.putPart(1, new Uint8Array(0), options);
    return this.complete(options);
  }

  #take(part: UploadedPart): UploadedPart {
    this.#parts.set(part.number, part);
    return part;
  }

  #partQuery(number: number): [string, string][] {
    return [
      ["partNumber", String(number)],
      ["uploadId", this.id],
    ];
  }
}

/** The CRC32C of all parts in a row; undefined if one is unknown. */
function wholeCrc(parts: readonly UploadedPart[]): number | undefined {
  let whole = crc32c(new Uint8Array(0));
  for (const part of parts) {
    if (part.crc32c === undefined) return undefined;
    whole = crc32cCombine(whole, part.crc32c, part.size);
  }
  return whole;
}

function checkPartNumber(number: number): void {
  if (Number.isInteger(number) && number >= 1 && number <= 10_000) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `part ${number} cannot be uploaded: part numbers go from 1 to 10,000`,
  });
}

function gap(uri: string, missing: number): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the upload of ${uri} cannot be completed: part ${missing} is missing`,
    uri,
  });
}
