import { randomUUID } from "node:crypto";
import { openS3Backend, type S3Config } from "../../src/storage/backends/s3/index.js";
import {
  ALL_ODD_KEYS,
  type ConformanceTarget,
  type Expectations,
} from "../../src/testing/index.js";

/** A bucket of its own on the server, deleted in the end. */
export async function s3Target(
  server: Pick<S3Config, "endpoint" | "credentials">,
): Promise<ConformanceTarget> {
  const run = `conformance-${randomUUID().slice(0, 8)}`;
  const open = (bucket: string) =>
    openS3Backend({ ...server, bucket, region: "us-east-1", env: {} });
  const backend = await open(run);
  await backend.createContainer!();
  let siblings = 0;
  return {
    backend,
    reopen: () => open(run),
    async sibling() {
      const name = `${run}-${++siblings}`;
      return { name, backend: await open(name) };
    },
    async dispose() {
      await backend.deleteContainer!();
      await backend.close?.();
    },
  };
}

/** What S3 does; each server's file says where it differs. */
export const S3_EXPECTATIONS: Expectations = {
  putIfAbsent: "supported",
  putIfMatch: "supported",
  multipartConditional: "supported",
  copyConditional: "supported",
  serverSideCopy: "supported",
  multipart: "supported",
  resumableMultipart: "supported",
  contentType: "supported",
  userMetadata: "supported",
  putChecksum: "supported",
  storageClass: "supported",
  readInto: "supported",
  orderedListing: "supported",
  listStartAfter: "supported",
  presign: "supported",
  rename: "not-supported",
  containers: "supported",
  persistent: "supported",
  keyAndPrefix: "supported",
  oddKeys: ALL_ODD_KEYS,
  listsBelowKeys: "supported",
  distinctNormalForms: true,
  // The etag of one put is the MD5 of its bytes.
  etagChangesOnRewrite: false,
  copyOntoItself: "supported",
  checksumKept: "supported",
  multipartChecksumKept: "supported",
  emptyPart: "supported",
  uploadsOutliveWrites: "supported",
  noParts: "empty-object",
  smallParts: "refused",
  storageClassName: "STANDARD",
};
