import { createHash } from "node:crypto";
import { encodeRecipe, parseRecipe } from "../../../src/cas/blobs/index.js";
import { dataKey, metadataKey, packKey, recipeKey, refKey } from "../../../src/cas/keys.js";
import { type PackFooter, PackWriter, putIndex } from "../../../src/cas/packs/index.js";
import type { Lease } from "../../../src/cas/sessions/index.js";
import { isLodeError } from "../../../src/errors.js";
import type { ObjectStore } from "../../../src/storage/index.js";

/** A blob of the tests: bytes, or chunks that lie in packs of one chunk each; and what it links to. */
export interface SampleBlob {
  readonly id: string;
  readonly text: string;
  readonly chunks?: readonly string[];
  readonly links: readonly SampleBlob[];
}

export function wholeBlob(text: string): SampleBlob {
  return { id: sha256(text), text, links: [] };
}

export function chunkedBlob(...chunks: string[]): SampleBlob {
  const text = chunks.join("");
  return { id: sha256(text), text, chunks, links: [] };
}

export function treeBlob(name: string, ...links: SampleBlob[]): SampleBlob {
  const text = `tree ${name} of ${links.map(({ id }) => id).join()}`;
  return { id: sha256(text), text, links };
}

/** What sessions believe of which packs hold a chunk: as the index of chunks it may be behind. */
export type KnownPacks = Map<string, string[]>;

/** Stores the blob as sessions have to: held first, then looked for, written in order. Tells the keys that it wrote. */
export async function putSample(
  store: ObjectStore,
  lease: Lease,
  blob: SampleBlob,
  known: KnownPacks = new Map(),
): Promise<string[]> {
  const written: string[] = [];
  const create = async (key: string, body: string) => {
    if (await created(store, key, body)) written.push(key);
  };
  for (const link of blob.links) written.push(...(await putSample(store, lease, link, known)));
  const packs: string[] = [];
  for (const chunk of blob.chunks ?? []) {
    packs.push(await packOf(store, lease, chunk, known));
  }
  await lease.holdBlob(blob.id);
  const there = await isThere(store, blob.id);
  // One that slept may have stored the root after what it needs was gone.
  if (there && (await lease.bringBack([blob.id])).length === 0) return written;
  await create(metadataKey(blob.id), JSON.stringify({ hash: blob.id, layout: "whole" }));
  if (!hasRecipe(blob)) await create(dataKey(blob.id, "txt"), blob.text);
  else if (there) await store.put(recipeKey(blob.id), recipeOf(blob, packs));
  else await create(recipeKey(blob.id), recipeOf(blob, packs));
  return written;
}

export async function putSampleRef(store: ObjectStore, id: string, owner: string): Promise<void> {
  await created(store, refKey(id, "runs", owner), "{}");
}

/** Whether it lies as chunks, or links to others. */
export function hasRecipe({ chunks, links }: SampleBlob): boolean {
  return chunks !== undefined || links.length > 0;
}

function recipeOf({ id, text, chunks, links }: SampleBlob, found: readonly string[]): string {
  const packs = [...new Set(found)];
  return encodeRecipe({
    blob: id,
    size: text.length,
    format: "txt",
    packs,
    runs: (chunks ?? []).map((chunk, i) => [packs.indexOf(found[i]!), 0, 1, chunk.length] as const),
    links: links.map((link) => link.id),
    bytes: chunks === undefined ? Buffer.from(text) : undefined,
  });
}

async function packOf(
  store: ObjectStore,
  lease: Lease,
  chunk: string,
  known: KnownPacks,
): Promise<string> {
  const packs = known.get(chunk) ?? [];
  // Those that a session of today would find, and older ones.
  for (const pack of packs.slice(-2)) {
    if (!lease.isCondemnedPack(pack) && (await lease.holdPack(pack))) return pack;
  }
  const rescued = packs.at(-1);
  if (rescued !== undefined && (await lease.holdPack(rescued))) return rescued;
  const pack = await putPack(store, lease, chunk);
  known.set(chunk, [...packs, pack]);
  return pack;
}

/** A pack of this chunk alone, in the index once it is durable. */
async function putPack(store: ObjectStore, lease: Lease, chunk: string): Promise<string> {
  const stored: PackFooter[] = [];
  const writer = new PackWriter(store, {
    packSize: 1,
    signal: new AbortController().signal,
    onBegin: (pack) => lease.addPack(pack),
    onStored: (footer) => stored.push(footer),
  });
  const bytes = Buffer.from(chunk);
  const { pack } = writer.append({
    hash: sha256(chunk),
    stored: bytes,
    codec: 0,
    plainBytes: bytes.length,
  });
  await writer.settle();
  await putIndex(store, stored);
  return pack;
}

export async function isThere(store: ObjectStore, id: string): Promise<boolean> {
  for await (const { key } of store.list({ prefix: `data/${id.slice(0, 2)}/${id}/` })) {
    if (key.endsWith("/recipe.json") || key.endsWith("/data.txt")) return true;
  }
  return false;
}

async function created(store: ObjectStore, key: string, body: string): Promise<boolean> {
  try {
    await store.put(key, body, { mode: "create" });
    return true;
  } catch (error) {
    if (isLodeError(error, "already-exists")) return false;
    throw error;
  }
}

/** Why the blob cannot be read; undefined if it can, with all that it links to. `bytesOf` looks at an object. */
export function damageOf(
  blob: SampleBlob,
  bytesOf: (key: string) => string | undefined,
): string | undefined {
  for (const link of blob.links) {
    const damage = damageOf(link, bytesOf);
    if (damage !== undefined) return `${blob.text}: link ${damage}`;
  }
  if (!hasRecipe(blob)) {
    const text = bytesOf(dataKey(blob.id, "txt"));
    return text === blob.text ? undefined : `${blob.text}: its data are ${text}`;
  }
  const recipe = bytesOf(recipeKey(blob.id));
  if (recipe === undefined) return `${blob.text}: no recipe`;
  const { packs, runs, links, bytes } = parseRecipe(recipe, blob.id, "");
  if (links.length !== blob.links.length) return `${blob.text}: its links are ${links.join()}`;
  if (bytes !== undefined) return undefined;
  let at = 0;
  for (const [pack, , , length] of runs) {
    const text = blob.text.slice(at, at + length);
    at += length;
    // Chunks stand in a pack as they are.
    if (bytesOf(packKey(packs[pack]!))?.includes(text)) continue;
    return `${blob.text}: no ${text} in the pack ${packs[pack]}`;
  }
  return at === blob.text.length ? undefined : `${blob.text}: the last bytes`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
