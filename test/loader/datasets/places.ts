import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { seededRandom } from "../../../src/core/index.js";
import type { StreamDataset, StreamItem, StreamStart } from "../../../src/loader/dataset.js";
import { type ObjectStore, openStore, trace } from "../../../src/storage/index.js";

let opened = 0;

/** A new store in memory. */
export function memory(): Promise<ObjectStore> {
  return openStore(`mem://datasets-${process.pid}-${++opened}`);
}

/** A new, empty folder of the disk, removed in the end. */
export async function folder(): Promise<ObjectStore> {
  const path = await mkdtemp(join(tmpdir(), "lode-datasets-"));
  afterAll(() => rm(path, { recursive: true, force: true }));
  return openStore(`file://${path}`);
}

export const PLACES = { memory, folder };

/** The store, and each of its requests as `operation key bytes`. */
export function watched(store: ObjectStore): { store: ObjectStore; requests: string[] } {
  const requests: string[] = [];
  const layer = trace(({ operation, key, bytes }) => {
    requests.push(`${operation} ${key} ${bytes}`);
  });
  return { store: store.with(layer), requests };
}

/** The same bytes from the same seed. */
export function bytesOf(seed: number, length: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

export async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return new Uint8Array(Buffer.concat(parts));
}

/** Something short that tells whether two values are the same. */
export function digest(bytes: Uint8Array): string {
  return `${bytes.length}:${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`;
}

export async function itemsOf<T>(
  dataset: StreamDataset<T>,
  shard = 0,
  start?: StreamStart,
): Promise<StreamItem<T>[]> {
  const items: StreamItem<T>[] = [];
  for await (const item of dataset.open(shard, start)) items.push(item);
  return items;
}
