import { BlobServiceClient } from "@azure/storage-blob";
import { expect } from "vitest";
import { services } from "../../../scripts/services/index.js";
import { describeLifetime } from "./server-lifetime.js";

await describeLifetime(services.azurite, async ({ url, env, version }) => {
  expect(version).toMatch(/^3\.\d+\.\d+$/);
  expect((await fetch(`${url}?comp=list`)).status).toBe(403);

  const client = BlobServiceClient.fromConnectionString(env.AZURE_STORAGE_CONNECTION_STRING!);
  expect(client.url).toBe(url);
  const { succeeded } = await client.getContainerClient("first").createIfNotExists();
  expect(succeeded).toBe(true);
});
