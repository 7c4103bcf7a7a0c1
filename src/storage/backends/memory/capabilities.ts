import { constants } from "node:buffer";
import type { Capabilities } from "../../capabilities.js";

/** The reference: everything but persistence and signed URLs. */
export const MEMORY_CAPABILITIES: Capabilities = {
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
  presign: false,
  rename: true,
  containers: true,
  persistent: false,
  keyAndPrefix: true,
  minPartBytes: 1,
  maxPartBytes: constants.MAX_LENGTH,
  maxParts: 10_000,
  maxPutBytes: constants.MAX_LENGTH,
  deleteBatch: 1000,
};
