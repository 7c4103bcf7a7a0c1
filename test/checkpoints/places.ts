import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Layer } from "../../src/storage/backend.js";
import { dropMemoryStore } from "../../src/storage/backends/memory/index.js";
import { type ObjectStore, openStore } from "../../src/storage/index.js";

/** An empty place for checkpoints, which can be opened several times. */
export interface CheckpointPlace {
  readonly uri: string;
  open(...layers: Layer[]): Promise<ObjectStore>;
  drop(): Promise<void>;
}

export async function memoryPlace(): Promise<CheckpointPlace> {
  const name = randomUUID();
  return {
    uri: `mem://${name}`,
    open: (...layers) => openStore(`mem://${name}`, { layers }),
    async drop() {
      dropMemoryStore(name);
    },
  };
}

/** A folder of its own, for `file` or `direct`. */
export async function diskPlace(scheme: "file" | "direct"): Promise<CheckpointPlace> {
  const root = await mkdtemp(join(tmpdir(), "lodestore-checkpoints-"));
  const uri = `${scheme}://${root}`;
  return {
    uri,
    open: (...layers) => openStore(uri, { layers }),
    async drop() {
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The keys of all objects, in order. */
export async function keysOf(store: ObjectStore, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list({ prefix })) keys.push(key);
  return keys.sort();
}

/** The keys of uploads in parts that were neither completed nor aborted. */
export async function uploadsOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  if (!store.capabilities.resumableMultipart) return keys;
  for await (const { key } of store.listMultiparts()) keys.push(key);
  return keys;
}
