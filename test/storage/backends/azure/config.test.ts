import { describe, expect, it } from "vitest";
import { errorToJson, isLodeError } from "../../../../src/errors.js";
import {
  type AzureSettings,
  resolveAzureConfig,
} from "../../../../src/storage/backends/azure/config.js";

const KEY = "c2VjcmV0LWtleQ==";
const OTHER = "b3RoZXIta2V5";
const STRING = `DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=${KEY};EndpointSuffix=core.windows.net`;
const SAS = "?sv=2024-01-01&sp=rl&sig=abc%3D";
const place = { account: "acc", container: "data" };

function refusal(settings: AzureSettings, env: Record<string, string> = {}): string {
  try {
    resolveAzureConfig(settings, env);
  } catch (error) {
    expect(isLodeError(error, "invalid-config")).toBe(true);
    const text = JSON.stringify(isLodeError(error) ? errorToJson(error) : error);
    for (const secret of [KEY, OTHER, "abc%3D"]) expect(text).not.toContain(secret);
    return text;
  }
  throw new Error("was accepted");
}

describe("resolveAzureConfig", () => {
  it("falls back to the default credential at Azure's own address", () => {
    expect(resolveAzureConfig(place, {})).toEqual({
      ...place,
      serviceUrl: "https://acc.blob.core.windows.net",
      auth: { kind: "default" },
      idleTimeoutMs: 60_000,
    });
  });

  it("takes connection string, key, SAS from the environment, in this order", () => {
    const env = {
      AZURE_STORAGE_CONNECTION_STRING: STRING,
      AZURE_STORAGE_ACCOUNT: "acc",
      AZURE_STORAGE_KEY: OTHER,
      AZURE_STORAGE_SAS_TOKEN: SAS,
    };
    expect(resolveAzureConfig(place, env).auth).toEqual({ kind: "shared-key", key: KEY });
    const withoutString = { ...env, AZURE_STORAGE_CONNECTION_STRING: "" };
    expect(resolveAzureConfig(place, withoutString).auth).toEqual({
      kind: "shared-key",
      key: OTHER,
    });
    const sas = { AZURE_STORAGE_SAS_TOKEN: SAS };
    expect(resolveAzureConfig(place, sas).auth).toEqual({ kind: "sas", token: SAS.slice(1) });
    const other = { AZURE_STORAGE_ACCOUNT_KEY: KEY };
    expect(resolveAzureConfig(place, other).auth).toEqual({ kind: "shared-key", key: KEY });
  });

  it("lets stated settings win over the environment", () => {
    const env = {
      AZURE_STORAGE_CONNECTION_STRING: STRING,
      AZURE_STORAGE_ENDPOINT: "http://proxy.test/x/",
    };
    expect(resolveAzureConfig({ ...place, anonymous: true }, env).auth).toEqual({
      kind: "anonymous",
    });
    expect(resolveAzureConfig({ ...place, sasToken: SAS }, env).auth.kind).toBe("sas");
    expect(resolveAzureConfig({ ...place, endpoint: "https://mine.test" }, env).serviceUrl).toBe(
      "https://mine.test",
    );
    expect(resolveAzureConfig(place, env).serviceUrl).toBe("http://proxy.test/x");
  });

  it("takes the account from the credential where the URI names none", () => {
    expect(resolveAzureConfig({}, { AZURE_STORAGE_CONNECTION_STRING: STRING }).account).toBe("acc");
    expect(resolveAzureConfig({ account: "" }, { AZURE_STORAGE_ACCOUNT: "acc" }).account).toBe(
      "acc",
    );
    expect(refusal({})).toContain("AZURE_STORAGE_ACCOUNT");
  });

  it("refuses a credential of another account", () => {
    const foreign = { account: "elsewhere", container: "data" };
    expect(refusal(foreign, { AZURE_STORAGE_CONNECTION_STRING: STRING })).toContain("account acc");
    expect(refusal(foreign, { AZURE_STORAGE_ACCOUNT: "acc", AZURE_STORAGE_KEY: KEY })).toContain(
      "acc",
    );
    const viaSas = `BlobEndpoint=https://acc.blob.core.windows.net/;SharedAccessSignature=${SAS}`;
    expect(refusal({ ...foreign, connectionString: viaSas })).toContain("account acc");
  });

  it("adds the account to an emulator's bare address and keeps a path", () => {
    const url = (endpoint: string) => resolveAzureConfig({ ...place, endpoint }, {}).serviceUrl;
    expect(url("http://127.0.0.1:10000")).toBe("http://127.0.0.1:10000/acc");
    expect(url("http://localhost:10000/")).toBe("http://localhost:10000/acc");
    expect(url("http://[::1]:10000/acc")).toBe("http://[::1]:10000/acc");
    expect(url("https://acc.private.test")).toBe("https://acc.private.test");
  });

  it("knows the emulator's short connection string", () => {
    const config = resolveAzureConfig({ connectionString: "UseDevelopmentStorage=true" }, {});
    expect(config.account).toBe("devstoreaccount1");
    expect(config.serviceUrl).toBe("http://127.0.0.1:10000/devstoreaccount1");
  });

  it.each([
    [
      "no name in a part",
      { ...place, connectionString: `AccountName=acc;${KEY.replace("==", "")}` },
    ],
    ["no credential", { ...place, connectionString: "AccountName=acc" }],
    ["no account", { ...place, connectionString: `AccountKey=${KEY}` }],
    ["a key that is not base64", { ...place, accountKey: `${KEY} !` }],
    ["a SAS without signature", { ...place, sasToken: "sv=2024&sp=r" }],
    ["an endpoint that is no URL", { ...place, endpoint: "nowhere" }],
    ["an endpoint with a signature", { ...place, endpoint: "https://x.test/?sig=abc%3D" }],
    ["an endpoint of another scheme", { ...place, endpoint: "ftp://x.test" }],
    ["a capital in the container", { account: "acc", container: "Data" }],
    ["a short container", { account: "acc", container: "ab" }],
    ["two hyphens", { account: "acc", container: "a--b" }],
  ])("refuses %s and shows no secret", (_, settings) => {
    refusal(settings);
  });
});
