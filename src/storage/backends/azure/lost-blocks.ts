import { isLodeError, LodeError } from "../../../errors.js";
import type { WriteOptions } from "../../backend.js";
import type { AzureConnection } from "./connection.js";
import { headBlob } from "./read.js";

/**
 * A write of the same key drops the staged blocks of all others, so a loser of a race is told
 * InvalidBlockList instead of its condition's failure. This looks at the blob and says what happened;
 * any other error is returned as it is.
 */
export async function lostBlocksError(
  azure: AzureConnection,
  operation: string,
  key: string,
  error: unknown,
  options: WriteOptions,
): Promise<unknown> {
  if (!isLodeError(error) || error.details.providerCode !== "InvalidBlockList") return error;
  const { mode, signal } = options;
  const say = (code: "already-exists" | "precondition-failed", why: string) =>
    new LodeError({
      code,
      message: `${operation} ${azure.uriOf(key)} failed: ${why}`,
      operation,
      uri: azure.uriOf(key),
      details: error.details,
      cause: error,
    });
  if (mode !== undefined && mode !== "overwrite") {
    const etag = await headBlob(azure, key, { signal })
      .then((meta) => meta.etag)
      .catch((failure: unknown) => {
        if (isLodeError(failure, "not-found")) return undefined;
        throw failure;
      });
    if (mode === "create" && etag !== undefined) return say("already-exists", "the object exists");
    if (mode !== "create" && etag !== mode.ifMatch) {
      return say("precondition-failed", "the object is not the expected version; read it again");
    }
  }
  // A put stages its blocks anew when it is repeated; an upload has lost its parts.
  return operation === "put" ? error.with({ code: "unexpected", retry: "safe" }) : error;
}
