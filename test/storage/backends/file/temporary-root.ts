import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { Backend, ListOptions } from "../../../../src/storage/backend.js";

const made: string[] = [];

afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

const IN_MEMORY = "/dev/shm";

/**
 * A new folder that is removed when the test ends; `quick`: in memory where there is such a file
 * system, for tests that sync very often.
 */
export function temporaryRoot(quick = false): string {
  const base = quick && existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir();
  const path = realpathSync(mkdtempSync(join(base, "lode-test-")));
  made.push(path);
  return path;
}

/** All bytes of an object. */
export async function readAll(backend: Backend, key: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await backend.get(key)).body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function readText(backend: Backend, key: string): Promise<string> {
  return (await readAll(backend, key)).toString();
}

/** Keys and prefixes in the order of the listing; prefixes are told apart by their slash. */
export async function keysOf(backend: Backend, options?: ListOptions): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of backend.list(options)) {
    keys.push(...page.objects.map((object) => object.key), ...page.prefixes);
  }
  return keys;
}

/** Paths of all files and folders below, with a slash behind those of folders. */
export function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name) + (entry.isDirectory() ? "/" : ""))
    .map((path) => path.slice(root.length + 1))
    .sort();
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export { patternBytes } from "./pattern-bytes.js";
