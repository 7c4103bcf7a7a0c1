import { LodeError } from "../../../errors.js";

/** What an Azure Storage connection string says of the blob service. */
export interface ConnectionString {
  readonly account: string | undefined;
  readonly accountKey: string | undefined;
  readonly sasToken: string | undefined;
  readonly endpoint: string | undefined;
}

/** The emulator's account and key are public: https://learn.microsoft.com/azure/storage/common/storage-use-azurite */
const DEVELOPMENT: ConnectionString = {
  account: "devstoreaccount1",
  accountKey:
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
  sasToken: undefined,
  endpoint: "http://127.0.0.1:10000/devstoreaccount1",
};

/**
 * Reads `Name=value;...` as https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string
 * describes it; names in any case. Throws `invalid-config`, without showing the text.
 */
export function parseConnectionString(text: string): ConnectionString {
  const values = new Map<string, string>();
  for (const part of text.split(";")) {
    if (part.trim() === "") continue;
    const at = part.indexOf("=");
    if (at <= 0) throw malformed("a part has no `name=`");
    values.set(part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim());
  }
  if (values.get("usedevelopmentstorage")?.toLowerCase() === "true") return DEVELOPMENT;
  const account = values.get("accountname");
  const protocol = values.get("defaultendpointsprotocol") ?? "https";
  const suffix = values.get("endpointsuffix") ?? "core.windows.net";
  const endpoint =
    values.get("blobendpoint") ??
    (account === undefined ? undefined : `${protocol}://${account}.blob.${suffix}`);
  if (endpoint === undefined) throw malformed("it has neither AccountName nor BlobEndpoint");
  const accountKey = values.get("accountkey");
  const sasToken = values.get("sharedaccesssignature");
  if (accountKey === undefined && sasToken === undefined) {
    throw malformed("it has neither AccountKey nor SharedAccessSignature");
  }
  return { account, accountKey, sasToken, endpoint };
}

function malformed(why: string): LodeError {
  return new LodeError({
    code: "invalid-config",
    message: `the Azure connection string cannot be used: ${why}; copy it again from "Access keys"`,
  });
}
