import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { BlobStore, type BlobStoreOptions, type WriteSession } from "../../src/cas/index.js";
import { dropMemoryStore } from "../../src/storage/backends/memory/index.js";
import { openStore } from "../../src/storage/index.js";

/** An empty store of blobs in memory, gone when the test ends. */
export async function memoryBlobs(options?: BlobStoreOptions): Promise<BlobStore> {
  const name = randomUUID();
  onTestFinished(() => void dropMemoryStore(name));
  return BlobStore.open(await openStore(`mem://${name}`), options);
}

/** The same on the disk. */
export async function diskBlobs(options?: BlobStoreOptions): Promise<BlobStore> {
  const root = await mkdtemp(join(tmpdir(), "lodestore-runs-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return BlobStore.open(await openStore(`file://${root}`), options);
}

export async function inSession<T>(
  blobs: BlobStore,
  work: (session: WriteSession) => Promise<T>,
): Promise<T> {
  await using session = await blobs.session();
  return await work(session);
}

/** Its objects and their sizes, but for what comes and goes with each session. */
export async function objectsOf(blobs: BlobStore): Promise<Map<string, number>> {
  const objects = new Map<string, number>();
  for await (const { key, size } of blobs.store.list()) {
    if (!key.startsWith("leases/")) objects.set(key, size);
  }
  return objects;
}
