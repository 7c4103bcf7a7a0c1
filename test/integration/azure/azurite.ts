import { randomBytes } from "node:crypto";
import type { ObjectMeta } from "../../../src/storage/backend.js";
import {
  type AzureBackend,
  type AzureSettings,
  openAzureBackend,
  resolveAzureConfig,
} from "../../../src/storage/backends/azure/index.js";

/** Connection string of a running Azurite; the suites are skipped without it. */
export const AZURITE = process.env.LODE_TEST_AZURITE_CONNECTION_STRING;

export function openAzurite(container: string, more: AzureSettings = {}): Promise<AzureBackend> {
  const settings = { container, connectionString: AZURITE, ...more };
  return openAzureBackend(resolveAzureConfig(settings, {}));
}

export interface TestContainer {
  readonly name: string;
  readonly backend: AzureBackend;
  remove(): Promise<void>;
}

/** A new container; `remove` empties and deletes it. */
export async function makeContainer(): Promise<TestContainer> {
  const name = `lode-test-${randomBytes(6).toString("hex")}`;
  const backend = await openAzurite(name);
  await backend.createContainer();
  return {
    name,
    backend,
    async remove() {
      const keys = (await listAll(backend)).map((meta) => meta.key);
      await backend.deleteMany(keys);
      await backend.deleteContainer();
    },
  };
}

export async function listAll(
  backend: AzureBackend,
  options: Parameters<AzureBackend["list"]>[0] = {},
): Promise<ObjectMeta[]> {
  const found: ObjectMeta[] = [];
  for await (const page of backend.list(options)) found.push(...page.objects);
  return found;
}

export async function readAll(
  backend: AzureBackend,
  key: string,
  options: Parameters<AzureBackend["get"]>[1] = {},
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await backend.get(key, options)).body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export function code(name: string) {
  return { code: name };
}
