import type { CallOptions, PendingUpload } from "../../backend.js";
import { uploadStartedAt } from "./block-id.js";
import { stagedUploads } from "./block-list.js";
import type { AzureConnection } from "./connection.js";
import { listRawPages } from "./list-page.js";

/**
 * Uploads that were begun and neither completed nor aborted. Azure shows a blob that has only
 * uncommitted blocks as an empty one, so each empty one is asked for its blocks; uploads over an
 * object that has bytes are not found.
 */
export async function* pendingUploads(
  azure: AzureConnection,
  options: CallOptions & { readonly prefix?: string | undefined } = {},
): AsyncGenerator<PendingUpload> {
  const { prefix = "", signal } = options;
  const request = { prefix, signal, pageSize: 1000, includeUncommitted: true };
  for await (const page of listRawPages(azure, "listMultiparts", request)) {
    for (const { name: key, properties } of page.blobs) {
      if (properties.contentLength !== 0) continue;
      const uploads = await stagedUploads(azure, "listMultiparts", key, { signal });
      for (const { id, aborted } of uploads.values()) {
        if (!aborted) yield { key, id, startedAt: uploadStartedAt(id) };
      }
    }
  }
}
