import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backend } from "../../src/storage/backend.js";
import type { FileConfig } from "../../src/storage/backends/file/index.js";
import {
  ALL_ODD_KEYS,
  type ConformanceTarget,
  type Expectations,
} from "../../src/testing/index.js";

/** A folder of its own in the system's temporary folder, removed in the end. */
export async function localDiskTarget(
  open: (config: FileConfig) => Promise<Backend>,
  config: Omit<FileConfig, "root">,
): Promise<ConformanceTarget> {
  const base = await mkdtemp(join(tmpdir(), "lodestore-conformance-"));
  const root = join(base, "root");
  await mkdir(root);
  const reopen = () => open({ ...config, root });
  let siblings = 0;
  return {
    backend: await reopen(),
    reopen,
    async sibling() {
      const name = `sibling-${++siblings}`;
      return {
        name,
        backend: await open({ ...config, root: join(base, name), createRoot: false }),
      };
    },
    dispose: () => rm(base, { recursive: true, force: true }),
  };
}

/** What a folder does: no names that a path cannot be, attributes only with sidecars. */
export function localDiskExpectations(sidecar: boolean): Expectations {
  return {
    putIfAbsent: "supported",
    putIfMatch: "supported",
    multipartConditional: "supported",
    copyConditional: "supported",
    serverSideCopy: "supported",
    multipart: "supported",
    resumableMultipart: "supported",
    contentType: sidecar ? "supported" : "not-supported",
    userMetadata: sidecar ? "supported" : "not-supported",
    putChecksum: "supported",
    storageClass: "not-supported",
    readInto: "supported",
    orderedListing: "supported",
    listStartAfter: "supported",
    presign: "not-supported",
    rename: "supported",
    containers: "supported",
    persistent: "supported",
    keyAndPrefix: "not-supported",
    oddKeys: {
      ...ALL_ODD_KEYS,
      "double-slash": "refused",
      "leading-slash": "refused",
      dot: "refused",
      "dot-dot": "refused",
      "dot-segment": "refused",
      "dot-dot-segment": "refused",
      "trailing-slash": "refused",
      "longest-in-one": "refused",
    },
    listsBelowKeys: "not-supported",
    distinctNormalForms: true,
    etagChangesOnRewrite: true,
    copyOntoItself: "supported",
    checksumKept: "not-supported",
    multipartChecksumKept: "not-supported",
    emptyPart: "supported",
    uploadsOutliveWrites: "supported",
    noParts: "refused",
    smallParts: "supported",
  };
}
