import type { BlobHTTPHeaders, BlobRequestConditions } from "@azure/storage-blob";
import { LodeError } from "../../../errors.js";
import type { GetOptions, ObjectMeta, WriteMode, WriteOptions } from "../../backend.js";
import { decodeMetadata } from "./metadata.js";

/** What the SDK's answers to get, head and list have in common. */
export interface BlobFacts {
  readonly etag?: string | undefined;
  readonly lastModified?: Date | undefined;
  readonly contentType?: string | undefined;
  readonly metadata?: Record<string, string> | undefined;
  readonly accessTier?: string | undefined;
  readonly versionId?: string | undefined;
}

/** Throws `unexpected` if the answer lacks what every blob has. */
export function objectMeta(key: string, size: number | undefined, facts: BlobFacts): ObjectMeta {
  if (size === undefined || facts.etag === undefined || facts.lastModified === undefined) {
    throw new LodeError({
      code: "unexpected",
      retry: "safe",
      message: `the service's answer for ${JSON.stringify(key)} lacks its size, etag or date`,
    });
  }
  const { metadata, crc32c } = decodeMetadata(facts.metadata);
  return {
    key,
    size,
    etag: bareEtag(facts.etag),
    lastModified: facts.lastModified,
    contentType: facts.contentType,
    metadata,
    crc32c,
    storageClass: facts.accessTier,
    versionId: facts.versionId,
  };
}

export function bareEtag(etag: string | undefined): string {
  return (etag ?? "").replace(/^"|"$/g, "");
}

function quoted(etag: string): string {
  return `"${bareEtag(etag)}"`;
}

export function readConditions(options: GetOptions): BlobRequestConditions {
  return {
    ...(options.ifMatch === undefined ? {} : { ifMatch: quoted(options.ifMatch) }),
    ...(options.ifNoneMatch === undefined ? {} : { ifNoneMatch: quoted(options.ifNoneMatch) }),
  };
}

export function writeConditions(mode: WriteMode | undefined): BlobRequestConditions {
  if (mode === undefined || mode === "overwrite") return {};
  return mode === "create" ? { ifNoneMatch: "*" } : { ifMatch: quoted(mode.ifMatch) };
}

const TIERS: Readonly<Record<string, string>> = {
  hot: "Hot",
  cool: "Cool",
  cold: "Cold",
  archive: "Archive",
};

/** Headers and tier of a write. Throws `invalid-argument` for a content type with control characters. */
export function writeHeaders(options: WriteOptions): {
  blobHTTPHeaders?: BlobHTTPHeaders;
  tier?: string;
} {
  const { contentType, storageClass } = options;
  if (contentType !== undefined && !/^[\x20-\x7e]*$/.test(contentType)) {
    throw new LodeError({
      code: "invalid-argument",
      message: `content type ${JSON.stringify(contentType)} cannot be sent: it must be plain ASCII`,
    });
  }
  return {
    ...(contentType === undefined ? {} : { blobHTTPHeaders: { blobContentType: contentType } }),
    ...(storageClass === undefined
      ? {}
      : { tier: TIERS[storageClass.toLowerCase()] ?? storageClass }),
  };
}
