import type { Capabilities } from "../../capabilities.js";
import type { ResolvedS3Config } from "./config.js";
import { DELETE_BATCH } from "./delete-objects.js";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** What S3 and the servers that speak it can do. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const S3_CAPABILITIES: Capabilities = {
  putIfAbsent: true,
  putIfMatch: true,
  multipartConditional: true,
  copyConditional: true,
  serverSideCopy: true,
  multipart: true,
  resumableMultipart: true,
  contentType: true,
  userMetadata: true,
  putChecksum: true,
  storageClass: true,
  readInto: true,
  orderedListing: true,
  listStartAfter: true,
  presign: true,
  rename: false,
  containers: true,
  persistent: true,
  keyAndPrefix: true,
  minPartBytes: 5 * MIB,
  maxPartBytes: 5 * GIB,
  maxParts: 10_000,
  maxPutBytes: 5 * GIB,
  deleteBatch: DELETE_BATCH,
};

/** The capabilities under a configuration. */
export function s3Capabilities(config: Pick<ResolvedS3Config, "checksum">): Capabilities {
  return config.checksum === "off" ? { ...S3_CAPABILITIES, putChecksum: false } : S3_CAPABILITIES;
}
