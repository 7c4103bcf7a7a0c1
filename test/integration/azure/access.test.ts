import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConnectionString } from "../../../src/storage/backends/azure/connection-string.js";
import { openAzureBackend, resolveAzureConfig } from "../../../src/storage/backends/azure/index.js";
import {
  AZURITE,
  code,
  makeContainer,
  openAzurite,
  readAll,
  type TestContainer,
} from "./azurite.js";

describe.skipIf(AZURITE === undefined)("Azure access", () => {
  let box: TestContainer;
  let known: ReturnType<typeof parseConnectionString>;
  beforeAll(async () => {
    known = parseConnectionString(AZURITE!);
    box = await makeContainer();
    await box.backend.put("a", Buffer.from("hello"));
  });
  afterAll(() => box.remove());

  async function containerSas(permissions: string): Promise<string> {
    const { BlobServiceClient, ContainerSASPermissions } = await import("@azure/storage-blob");
    const client = BlobServiceClient.fromConnectionString(AZURITE!).getContainerClient(box.name);
    const url = await client.generateSasUrl({
      permissions: ContainerSASPermissions.parse(permissions),
      expiresOn: new Date(Date.now() + 600_000),
    });
    return new URL(url).search;
  }

  it("opens by connection string from the environment", async () => {
    const config = resolveAzureConfig(
      { account: known.account, container: box.name },
      { AZURE_STORAGE_CONNECTION_STRING: AZURITE },
    );
    expect((await readAll(await openAzureBackend(config), "a")).toString()).toBe("hello");
  });

  it("opens by account, key and endpoint from the environment", async () => {
    const env = {
      AZURE_STORAGE_ACCOUNT: known.account,
      AZURE_STORAGE_KEY: known.accountKey,
      AZURE_BLOB_ENDPOINT_URL: new URL(known.endpoint!).origin,
    };
    const backend = await openAzureBackend(resolveAzureConfig({ container: box.name }, env));
    expect(backend.uri).toBe(`az://${known.account}/${box.name}`);
    expect((await readAll(backend, "a")).toString()).toBe("hello");
  });

  it("opens by SAS for all that the SAS allows, and says no more than that of the rest", async () => {
    const token = await containerSas("racwdl");
    const settings = {
      connectionString: undefined,
      account: known.account,
      endpoint: known.endpoint,
    };
    const backend = await openAzurite(box.name, { ...settings, sasToken: token });
    await backend.put("by-sas", Buffer.from("1"), { mode: "create" });
    await backend.copy("by-sas", "by-sas-2");
    const upload = await backend.startMultipart("by-sas-3");
    await upload.putPart(1, Buffer.from("3"));
    await upload.complete();
    expect((await readAll(backend, "by-sas-3")).toString()).toBe("3");
    const results = await backend.deleteMany(["by-sas", "by-sas-2", "by-sas-3", "by-sas-4"]);
    expect(results.filter((result) => result.error !== undefined)).toEqual([]);
    expect(backend.capabilities.presign).toBe(false);
    await expect(backend.presign("a")).rejects.toMatchObject(code("unsupported"));

    const reader = await openAzurite(box.name, { ...settings, sasToken: await containerSas("r") });
    expect((await readAll(reader, "a")).toString()).toBe("hello");
    const refused = await reader.put("b", Buffer.from("x")).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "permission-denied", details: { status: 403 } });
    const shown = `${(refused as Error).stack} ${JSON.stringify(refused)} ${(refused as Error).cause}`;
    expect(shown).not.toMatch(/sig=[^.]/);
  });

  it("says that a wrong key is refused", async () => {
    const accountKey = Buffer.from("not the key").toString("base64");
    const settings = {
      connectionString: undefined,
      account: known.account,
      endpoint: known.endpoint,
    };
    const backend = await openAzurite(box.name, { ...settings, accountKey });
    // Azure says AuthenticationFailed, the emulator AuthorizationFailure.
    const refused = expect.objectContaining({
      code: expect.stringMatching(/^(unauthenticated|permission-denied)$/),
      retry: "never",
    });
    await expect(backend.head("a")).rejects.toEqual(refused);
    await expect(backend.deleteMany(["a", "b"])).rejects.toEqual(refused);
  });

  it("reads nothing without a credential where the container is private", async () => {
    const settings = {
      connectionString: undefined,
      account: known.account,
      endpoint: known.endpoint,
    };
    const backend = await openAzurite(box.name, { ...settings, anonymous: true });
    const error = await backend.get("a").catch((thrown: unknown) => thrown);
    // Azure hides private containers from strangers as missing; the emulator does so too.
    expect(["not-found", "unauthenticated", "permission-denied"]).toContain(
      (error as { code: string }).code,
    );
  });

  it("signs URLs for one blob, one verb and some time", async () => {
    expect(box.backend.capabilities.presign).toBe(true);
    const url = await box.backend.presign("a", { expiresIn: 60 });
    expect(await (await fetch(url)).text()).toBe("hello");
    expect((await fetch(url, { method: "DELETE" })).status).toBe(403);
    const put = await box.backend.presign("by-url", { method: "PUT" });
    const headers = { "x-ms-blob-type": "BlockBlob" };
    expect((await fetch(put, { method: "PUT", body: "put", headers })).status).toBe(201);
    expect((await readAll(box.backend, "by-url")).toString()).toBe("put");
    const remove = await box.backend.presign("by-url", { method: "DELETE" });
    expect((await fetch(remove, { method: "DELETE" })).status).toBe(202);
    for (const expiresIn of [0, 604_801, 1.5]) {
      await expect(box.backend.presign("a", { expiresIn })).rejects.toMatchObject(
        code("invalid-argument"),
      );
    }
  });

  it("creates, lists and deletes containers, and never one that holds objects", async () => {
    const name = `${box.name}-2`;
    const backend = await openAzurite(name);
    await expect(backend.put("x", Buffer.from("x"))).rejects.toMatchObject({
      code: "not-found",
      details: { providerCode: "ContainerNotFound" },
    });
    await expect(backend.head("x")).rejects.toMatchObject({
      details: { providerCode: "ContainerNotFound" },
    });
    await expect(backend.deleteMany(["x"])).resolves.toMatchObject([
      { error: { code: "not-found" } },
    ]);
    await backend.createContainer();
    await expect(backend.createContainer()).rejects.toMatchObject(code("already-exists"));
    const names: string[] = [];
    for await (const info of (await openAzurite("")).listContainers()) names.push(info.name);
    expect(names).toEqual(expect.arrayContaining([box.name, name]));
    await backend.put("x", Buffer.from("x"));
    await expect(backend.deleteContainer()).rejects.toMatchObject(code("precondition-failed"));
    await backend.deleteMany(["x"]);
    await backend.deleteContainer();
    await expect(backend.deleteContainer()).rejects.toMatchObject(code("not-found"));
  });

  it("asks for a container where none was named", async () => {
    const backend = await openAzurite("");
    expect(backend.uri).toBe(`az://${known.account}`);
    await expect(backend.head("x")).rejects.toMatchObject(code("invalid-argument"));
  });
});
