import type { BlobClient } from "@azure/storage-blob";
import { isLodeError, LodeError } from "../../../errors.js";
import type { CallOptions, DeleteResult } from "../../backend.js";
import { DELETE_BATCH, DELETE_REQUEST } from "./capabilities.js";
import type { AzureConnection } from "./connection.js";
import { mapAzureError } from "./error-map.js";

interface Named {
  readonly key: string;
  readonly client: BlobClient;
}

/** Deletes in batches; every key's own error is told. Snapshots are not deleted with their blob. */
export async function deleteBlobs(
  azure: AzureConnection,
  keys: readonly string[],
  options: CallOptions = {},
): Promise<DeleteResult[]> {
  const errors = new Map<string, LodeError>();
  const blobs = new Map<string, Named>();
  for (const key of keys) {
    try {
      blobs.set(key, { key, client: azure.blob(key) });
    } catch (error) {
      if (!isLodeError(error, "invalid-key")) throw error;
      errors.set(key, error);
    }
  }
  const all = [...blobs.values()];
  for (let at = 0; at < all.length; at += DELETE_BATCH) {
    const batches: Promise<void>[] = [];
    for (let from = at; from < Math.min(at + DELETE_BATCH, all.length); from += DELETE_REQUEST) {
      const batch = all.slice(from, Math.min(from + DELETE_REQUEST, at + DELETE_BATCH));
      const only = batch.length === 1 ? batch[0] : undefined;
      batches.push(
        only === undefined
          ? deleteBatch(azure, batch, options, errors)
          : deleteOne(azure, only, options, errors),
      );
    }
    // None is left running behind an error.
    const failed = (await Promise.allSettled(batches)).find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
  return keys.map((key) => {
    const error = errors.get(key);
    return error === undefined ? { key } : { key, error };
  });
}

async function deleteOne(
  azure: AzureConnection,
  { key, client }: Named,
  options: CallOptions,
  errors: Map<string, LodeError>,
): Promise<void> {
  try {
    await azure.call("delete", key, options, (abortSignal) => client.delete({ abortSignal }));
  } catch (error) {
    if (!isLodeError(error)) throw error;
    if (isMissingBlob(error)) return;
    // What concerns the service and not this key ends the call, as it does for a batch.
    if (error.retry !== "never" || error.code === "aborted" || error.code === "unauthenticated") {
      throw error;
    }
    errors.set(key, error);
  }
}

async function deleteBatch(
  azure: AzureConnection,
  batch: readonly Named[],
  options: CallOptions,
  errors: Map<string, LodeError>,
): Promise<void> {
  const client = azure.container.getBlobBatchClient();
  const answer = await azure.call("delete", undefined, options, (abortSignal) =>
    client.deleteBlobs(
      batch.map((item) => item.client),
      { abortSignal },
    ),
  );
  batch.forEach(({ key }, index) => {
    const part = answer.subResponses[index];
    if (part !== undefined && part.status >= 200 && part.status < 300) return;
    const call = { operation: "delete", uri: azure.uriOf(key) };
    const error =
      part === undefined
        ? unanswered(call)
        : mapAzureError(
            {
              name: "RestError",
              statusCode: part.status,
              code: part.errorCode,
              message: part.statusMessage,
              response: { headers: part.headers },
            },
            call,
          );
    if (!isMissingBlob(error)) errors.set(key, error);
  });
}

function isMissingBlob(error: LodeError): boolean {
  return error.code === "not-found" && error.details.providerCode !== "ContainerNotFound";
}

function unanswered(call: { operation: string; uri: string }): LodeError {
  return new LodeError({
    code: "unexpected",
    retry: "safe",
    message: `delete ${call.uri} failed: the batch's answer does not tell of it`,
    ...call,
  });
}
