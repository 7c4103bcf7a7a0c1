import type { Layer } from "../../src/storage/backend.js";
import { dropMemoryStore, openMemoryBackend } from "../../src/storage/backends/memory/index.js";
import {
  ALL_ODD_KEYS,
  type ConformanceTarget,
  type Expectations,
} from "../../src/testing/index.js";

let targets = 0;

/** A memory store of its own under the layer. */
export async function memoryTarget(layer: Layer = (inner) => inner): Promise<ConformanceTarget> {
  const name = `conformance-${++targets}`;
  const reopen = async () => layer(await openMemoryBackend({ name }));
  return {
    backend: await reopen(),
    reopen,
    async sibling() {
      const other = `${name}-sibling-${++targets}`;
      const backend = layer(await openMemoryBackend({ name: other }));
      dropMemoryStore(other);
      return { backend, name: other };
    },
    async dispose() {
      dropMemoryStore(name);
    },
  };
}

export const MEMORY_EXPECTATIONS: Expectations = {
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
  presign: "not-supported",
  rename: "supported",
  containers: "supported",
  persistent: "not-supported",
  keyAndPrefix: "supported",
  oddKeys: ALL_ODD_KEYS,
  listsBelowKeys: "supported",
  distinctNormalForms: true,
  etagChangesOnRewrite: true,
  copyOntoItself: "supported",
  checksumKept: "supported",
  multipartChecksumKept: "supported",
  emptyPart: "supported",
  uploadsOutliveWrites: "supported",
  noParts: "refused",
  smallParts: "supported",
  storageClassName: "COLD",
};
