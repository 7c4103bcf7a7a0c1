import type { Capabilities } from "../../capabilities.js";
import type { AzureAuth } from "./config.js";

const MIB = 1024 * 1024;

/** Blocks of one blob: https://learn.microsoft.com/rest/api/storageservices/put-block-list */
export const MAX_BLOCKS = 50_000;

/** Most sub-requests of one batch: https://learn.microsoft.com/rest/api/storageservices/blob-batch */
export const DELETE_BATCH = 256;

/**
 * Keys of one batch that is sent. The service works through a batch one after another, so that small
 * ones side by side are done sooner and none comes near the idle limit.
 */
export const DELETE_REQUEST = 32;

/** Limits are those of https://learn.microsoft.com/azure/storage/blobs/scalability-targets */
export function azureCapabilities(auth: AzureAuth): Capabilities {
  return {
    putIfAbsent: true,
    putIfMatch: true,
    multipartConditional: true,
    copyConditional: true,
    serverSideCopy: true,
    multipart: true,
    // Of uploads over an existing object only the id brings them back: Azure does not list them.
    resumableMultipart: true,
    contentType: true,
    userMetadata: true,
    putChecksum: true,
    storageClass: true,
    // The SDK reads into memory of its own.
    readInto: false,
    orderedListing: true,
    listStartAfter: true,
    presign: auth.kind === "shared-key",
    rename: false,
    containers: true,
    persistent: true,
    keyAndPrefix: true,
    minPartBytes: 1,
    maxPartBytes: 4000 * MIB,
    maxParts: MAX_BLOCKS,
    maxPutBytes: 5000 * MIB,
    // Sent as several batches side by side, see DELETE_REQUEST.
    deleteBatch: DELETE_BATCH,
  };
}
