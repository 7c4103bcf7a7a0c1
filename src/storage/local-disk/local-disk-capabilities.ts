import type { Capabilities } from "../capabilities.js";
import { MAX_PARTS } from "./local-upload.js";

/** What a folder of a POSIX file system can do; with sidecars it keeps metadata too. */
export function localDiskCapabilities(sidecar: boolean): Capabilities {
  return {
    putIfAbsent: true,
    putIfMatch: true,
    multipartConditional: true,
    copyConditional: true,
    serverSideCopy: true,
    multipart: true,
    resumableMultipart: true,
    contentType: sidecar,
    userMetadata: sidecar,
    putChecksum: true,
    storageClass: false,
    readInto: true,
    orderedListing: true,
    listStartAfter: true,
    presign: false,
    rename: true,
    containers: true,
    persistent: true,
    keyAndPrefix: false,
    minPartBytes: 1,
    maxPartBytes: 2 ** 32,
    maxParts: MAX_PARTS,
    // The file system's own limit (16 TiB on ext4) is told by EFBIG.
    maxPutBytes: Number.MAX_SAFE_INTEGER,
    deleteBatch: 1000,
  };
}
