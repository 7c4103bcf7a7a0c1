import { afterEach } from "vitest";
import type { Backend } from "../../../src/storage/backend.js";
import { dropMemoryStore, openMemoryBackend } from "../../../src/storage/backends/memory/index.js";

let stores = 0;
const opened: string[] = [];

afterEach(() => {
  for (const name of opened.splice(0)) dropMemoryStore(name);
});

/** A store that is dropped after the test. */
export async function freshMemory(): Promise<Backend> {
  const name = `layer-test-${++stores}`;
  opened.push(name);
  return openMemoryBackend({ name });
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
