import { LodeError } from "../../../errors.js";
import type { PresignOptions } from "../../backend.js";
import type { AzureConnection } from "./connection.js";

const PERMISSIONS = { GET: "r", HEAD: "r", PUT: "cw", DELETE: "d" } as const;

/** Clocks differ: the signature is valid from a little before now. */
const SKEW_MS = 5 * 60 * 1000;

const MAX_SECONDS = 604_800;

/**
 * A URL with a shared access signature for one blob. Who puts with it must send `x-ms-blob-type: BlockBlob`.
 * Throws `unsupported` without an account key, `invalid-argument` for a lifetime outside 1 to 604,800 seconds.
 */
export function presignBlob(
  azure: AzureConnection,
  key: string,
  options: PresignOptions = {},
): string {
  const { sharedKey, sdk, config } = azure;
  const seconds = options.expiresIn ?? 3600;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) {
    throw new LodeError({
      code: "invalid-argument",
      message: `a URL cannot be signed for ${seconds} seconds: give 1 to ${MAX_SECONDS}`,
    });
  }
  if (sharedKey === undefined) {
    throw new LodeError({
      code: "unsupported",
      message: `presign ${azure.uriOf(key)} failed: it needs the account key; set AZURE_STORAGE_KEY`,
      operation: "presign",
      uri: azure.uriOf(key),
    });
  }
  const blob = azure.blob(key);
  const now = Date.now();
  const signature = sdk.generateBlobSASQueryParameters(
    {
      containerName: config.container,
      blobName: key,
      permissions: sdk.BlobSASPermissions.parse(PERMISSIONS[options.method ?? "GET"]),
      startsOn: new Date(now - SKEW_MS),
      expiresOn: new Date(now + seconds * 1000),
      ...(config.serviceUrl.startsWith("https:") ? { protocol: sdk.SASProtocol.Https } : {}),
    },
    sharedKey,
  );
  return `${blob.url}?${signature.toString()}`;
}
