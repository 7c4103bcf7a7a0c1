import { LodeError } from "../../../errors.js";
import { type ConnectionString, parseConnectionString } from "./connection-string.js";
import { accountOfEndpoint, serviceUrl } from "./endpoint.js";

/** What a user may state; the environment and Azure's defaults fill in the rest. */
export interface AzureSettings {
  /** From `az://account/container`; taken from the credentials where absent or empty. */
  readonly account?: string | undefined;
  /** Absent or empty for a backend that can only list containers. */
  readonly container?: string | undefined;
  /** Blob service of the account, for emulators and proxies. */
  readonly endpoint?: string | undefined;
  readonly connectionString?: string | undefined;
  readonly accountKey?: string | undefined;
  readonly sasToken?: string | undefined;
  /** Send no credential: public containers only. */
  readonly anonymous?: boolean | undefined;
  /** Longest wait for the next bytes in milliseconds; default 60,000. */
  readonly idleTimeoutMs?: number | undefined;
}

/** How requests are authorized; `default` is the chain of `DefaultAzureCredential`. */
export type AzureAuth =
  | { readonly kind: "shared-key"; readonly key: string }
  | { readonly kind: "sas"; readonly token: string }
  | { readonly kind: "default" }
  | { readonly kind: "anonymous" };

export interface AzureConfig {
  readonly account: string;
  /** Empty where no container was named. */
  readonly container: string;
  /** Without a trailing slash: `https://account.blob.core.windows.net`. */
  readonly serviceUrl: string;
  readonly auth: AzureAuth;
  readonly idleTimeoutMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** `$root`, `$web` and `$logs` are Azure's own; the rule is of the page on naming containers. */
const CONTAINER = /^(\$root|\$web|\$logs|(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*)$/;

/**
 * Settings win over the environment, and within each: connection string, account key, SAS, then
 * `DefaultAzureCredential`. A stated credential makes those of the environment irrelevant. Throws
 * `invalid-config`: no account, a credential of another account than the URI's, malformed values.
 */
export function resolveAzureConfig(settings: AzureSettings, env: Environment): AzureConfig {
  const stated = credentialOf(settings, settings.account);
  const found = stated ?? credentialOf(environmentSettings(env), environmentAccount(env));
  const account =
    nonEmpty(settings.account) ?? found?.account ?? environmentAccount(env) ?? noAccount();
  if (found?.account !== undefined && found.account !== account) {
    throw invalid(
      `${found.name} belongs to account ${found.account}, but the URI names ${account}; ` +
        `write az://${found.account}/... or set a credential of ${account}`,
    );
  }
  const container = settings.container ?? "";
  if (container !== "" && !CONTAINER.test(container)) {
    throw invalid(
      `${JSON.stringify(container)} is no container name: 3 to 63 of a-z, 0-9 and single hyphens`,
    );
  }
  const endpoint =
    nonEmpty(settings.endpoint) ??
    (stated === undefined ? undefined : stated.endpoint) ??
    environmentEndpoint(env) ??
    found?.endpoint ??
    `https://${account}.blob.core.windows.net`;
  return {
    account,
    container,
    serviceUrl: serviceUrl(endpoint, account),
    auth: found?.auth ?? { kind: "default" },
    idleTimeoutMs: settings.idleTimeoutMs ?? 60_000,
  };
}

interface FoundCredential {
  /** What it is called in messages. */
  readonly name: string;
  readonly auth: AzureAuth;
  /** The account that it belongs to, where it says so. */
  readonly account: string | undefined;
  readonly endpoint: string | undefined;
}

function credentialOf(
  settings: AzureSettings,
  account: string | undefined,
): FoundCredential | undefined {
  const none = { account: undefined, endpoint: undefined };
  if (settings.anonymous === true) {
    return { name: "anonymous access", auth: { kind: "anonymous" }, ...none };
  }
  const text = nonEmpty(settings.connectionString);
  if (text !== undefined) return ofConnectionString(parseConnectionString(text));
  const key = nonEmpty(settings.accountKey);
  if (key !== undefined) {
    return {
      name: "the account key",
      auth: sharedKey(key),
      account: nonEmpty(account),
      endpoint: undefined,
    };
  }
  const token = nonEmpty(settings.sasToken);
  if (token !== undefined) return { name: "the SAS token", auth: sas(token), ...none };
  return undefined;
}

function ofConnectionString(parsed: ConnectionString): FoundCredential {
  return {
    name: "the connection string",
    auth:
      parsed.accountKey === undefined ? sas(parsed.sasToken ?? "") : sharedKey(parsed.accountKey),
    account:
      parsed.account ??
      (parsed.endpoint === undefined ? undefined : accountOfEndpoint(parsed.endpoint)),
    endpoint: parsed.endpoint,
  };
}

function sharedKey(key: string): AzureAuth {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key)) {
    throw invalid('the account key is not base64; copy it again from the portal\'s "Access keys"');
  }
  return { kind: "shared-key", key };
}

function sas(token: string): AzureAuth {
  const bare = token.replace(/^\?/, "");
  if (!/(^|&)sig=/.test(bare)) {
    throw invalid("the SAS token has no signature (`sig=`); copy all of it, in quotes");
  }
  return { kind: "sas", token: bare };
}

function environmentSettings(env: Environment): AzureSettings {
  return {
    connectionString: env.AZURE_STORAGE_CONNECTION_STRING,
    accountKey: nonEmpty(env.AZURE_STORAGE_KEY) ?? env.AZURE_STORAGE_ACCOUNT_KEY,
    sasToken: env.AZURE_STORAGE_SAS_TOKEN,
  };
}

function environmentAccount(env: Environment): string | undefined {
  return nonEmpty(env.AZURE_STORAGE_ACCOUNT) ?? nonEmpty(env.AZURE_STORAGE_ACCOUNT_NAME);
}

function environmentEndpoint(env: Environment): string | undefined {
  return (
    nonEmpty(env.AZURE_STORAGE_ENDPOINT) ??
    nonEmpty(env.AZURE_STORAGE_BLOB_ENDPOINT) ??
    nonEmpty(env.AZURE_BLOB_ENDPOINT_URL)
  );
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text.trim();
}

function noAccount(): never {
  throw invalid(
    "no Azure account is known; write az://account/container or set AZURE_STORAGE_ACCOUNT",
  );
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-config", message });
}
