import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobStore, type BlobStoreOptions, type StoredBlob } from "../../../src/cas/index.js";
import { seededRandom } from "../../../src/core/index.js";
import type { Layer } from "../../../src/storage/backend.js";
import { dropMemoryStore } from "../../../src/storage/backends/memory/index.js";
import { type ObjectStore, openStore } from "../../../src/storage/index.js";

/** An empty store, which can be opened several times. */
export interface Place {
  open(...layers: Layer[]): Promise<ObjectStore>;
  drop(): Promise<void>;
}

export function memoryPlace(): Place {
  const name = randomUUID();
  return {
    open: (...layers) => openStore(`mem://${name}`, { layers }),
    async drop() {
      dropMemoryStore(name);
    },
  };
}

export async function diskPlace(): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), "lodestore-blobs-"));
  return {
    open: (...layers) => openStore(`file://${root}`, { layers }),
    drop: () => rm(root, { recursive: true, force: true }),
  };
}

/** Bytes that do not shrink. */
export function randomBytes(length: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = random() * 2 ** 32;
  return new Uint8Array(words.buffer, 0, length);
}

/** Bytes that shrink to about a third. */
export function textBytes(length: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const lines: string[] = [];
  for (let total = 0; total < length; ) {
    const line = `{"step": ${Math.floor(random() * 1e6)}, "loss": ${random().toFixed(5)}, "split": "train"}\n`;
    lines.push(line);
    total += line.length;
  }
  return new TextEncoder().encode(lines.join("")).subarray(0, length);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The bytes as a stream, in pieces of a size. Each is memory that is used again: a Buffer, whose `slice` is no copy. */
export async function* streamed(
  bytes: Uint8Array,
  pieceBytes = 100_000,
): AsyncGenerator<Uint8Array, void, undefined> {
  const memory = Buffer.alloc(pieceBytes);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    memory.set(piece);
    yield memory.subarray(0, piece.length);
    memory.fill(0xee);
  }
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Stores one blob in a session of its own. */
export async function putOne(
  store: ObjectStore,
  bytes: Uint8Array,
  options?: BlobStoreOptions,
): Promise<StoredBlob> {
  await using session = await BlobStore.open(store, options).session();
  return session.put(bytes, { name: "one", type: "bytes", format: "bin" });
}

export async function keysOf(store: ObjectStore, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list({ prefix })) keys.push(key);
  return keys;
}
