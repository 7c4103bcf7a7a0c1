import { setTimeout as sleep } from "node:timers/promises";
import { abortedError, LodeError } from "../../../errors.js";
import type { CopyOptions, ObjectMeta, WriteResult } from "../../backend.js";
import type { AzureConnection } from "./connection.js";
import { encodeMetadata } from "./metadata.js";
import { bareEtag, writeConditions, writeHeaders } from "./object-meta.js";
import { getBlob, headBlob } from "./read.js";
import { putBlob } from "./write.js";

const POLL_MS = 500;

/**
 * Copies inside the container on the server's side, pinned to the version that was looked at. Azure cannot
 * change the content type on the way, so a copy that does is streamed through this process.
 */
export async function copyBlob(
  azure: AzureConnection,
  from: string,
  to: string,
  options: CopyOptions = {},
): Promise<WriteResult> {
  const { signal, sourceIfMatch } = options;
  const target = azure.blob(to);
  const { tier } = writeHeaders(options);
  encodeMetadata(options.metadata, undefined);
  const source = await headBlob(azure, from, { signal, ifMatch: sourceIfMatch });
  if (options.contentType !== undefined && options.contentType !== source.contentType) {
    return copyThrough(azure, source, to, options);
  }
  const started = await azure.call("copy", to, options, async (abortSignal) => {
    const poller = await target.beginCopyFromURL(azure.blob(from).url, {
      abortSignal,
      intervalInMs: POLL_MS,
      conditions: writeConditions(options.mode),
      sourceConditions: { ifMatch: `"${source.etag}"` },
      ...(tier === undefined ? {} : { tier }),
      ...(options.metadata === undefined
        ? {}
        : { metadata: encodeMetadata(options.metadata, source.crc32c) }),
    });
    // The SDK's type of the state lacks the id that it holds.
    const state: {
      result?: typeof poller extends { getResult(): infer R } ? R : never;
      copyId?: string;
    } = poller.getOperationState();
    const { copyId, result } = state;
    return { copyId, etag: result?.etag, versionId: result?.versionId };
  });
  const etag = started.etag ?? (await finishCopy(azure, to, started.copyId, options));
  return {
    etag: bareEtag(etag),
    size: source.size,
    crc32c: source.crc32c,
    versionId: started.versionId,
  };
}

/** Within one account the service copies at once; where it does not, this waits. Returns the etag. */
async function finishCopy(
  azure: AzureConnection,
  to: string,
  copyId: string | undefined,
  options: CopyOptions,
): Promise<string | undefined> {
  const target = azure.blob(to);
  for (;;) {
    const now = await azure.call("copy", to, undefined, (abortSignal) =>
      target.getProperties({ abortSignal }),
    );
    if (copyId !== undefined && now.copyId !== copyId)
      throw copyError(azure, to, "it was replaced");
    if (now.copyStatus === "success") return now.etag;
    if (now.copyStatus !== "pending") {
      throw copyError(azure, to, `the service gave it up (${now.copyStatus ?? "no state"})`);
    }
    if (options.signal?.aborted === true) {
      if (copyId !== undefined) {
        await azure.call("copy", to, undefined, (abortSignal) =>
          target.abortCopyFromURL(copyId, { abortSignal }),
        );
      }
      throw abortedError("copy", azure.uriOf(to));
    }
    await sleep(POLL_MS);
  }
}

async function copyThrough(
  azure: AzureConnection,
  source: ObjectMeta,
  to: string,
  options: CopyOptions,
): Promise<WriteResult> {
  const body = {
    length: source.size,
    async *stream(): AsyncGenerator<Uint8Array> {
      const read = { signal: options.signal, ifMatch: source.etag };
      yield* (await getBlob(azure, source.key, read)).body;
    },
  };
  return putBlob(azure, to, body, {
    ...options,
    metadata: options.metadata ?? source.metadata,
    storageClass: options.storageClass ?? source.storageClass,
    crc32c: source.crc32c,
  });
}

function copyError(azure: AzureConnection, to: string, why: string): LodeError {
  return new LodeError({
    code: "unexpected",
    retry: "safe",
    message: `copy ${azure.uriOf(to)} failed: ${why}`,
    operation: "copy",
    uri: azure.uriOf(to),
  });
}
