import { type Clock, CONCURRENT_READS, sideBySide } from "../../core/index.js";
import type { ObjectStore } from "../../storage/index.js";
import { changeRecipe, type Recipe } from "../blobs/index.js";
import { type BlobId, packKey } from "../keys.js";
import {
  type ChunkPlace,
  decodeChunk,
  type PackFooter,
  PackWriter,
  packDamage,
  putIndex,
} from "../packs/index.js";
import { Lease } from "../sessions/index.js";
import { movedRecipe } from "./moved-recipe.js";
import type { PackUse } from "./pack-use.js";

const PACK_SIZE = 32 * 1024 * 1024;
/** Chunks of a pack that are read at a time, in bytes. */
const READ_BYTES = 4 * 1024 * 1024;
/** Another request costs more than reading so many bytes for nothing. */
const MAX_GAP = 128 * 1024;

export interface RepackOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Called often; waits for the answer. */
  readonly onStep: () => Promise<void>;
}

/**
 * Writes the chunks of these packs that are used to new packs, and changes the recipes of `blobs`, which use them, by compare-and-swap. The
 * old packs stay as they are for those who read them; no recipe leads to them any more, so that later cycles collect them. Chunks are checked on
 * their way: `integrity` for a damaged one. Takes up to three packs of memory. Tells the bytes written.
 */
export async function repack(
  store: ObjectStore,
  packs: readonly PackFooter[],
  use: PackUse,
  blobs: readonly BlobId[],
  { clock, signal, onStep }: RepackOptions,
): Promise<number> {
  // Like any writer: what it writes is safe although no recipe leads to it yet.
  await using lease = await Lease.open(store, { clock, signal });
  const stored: PackFooter[] = [];
  const writer = new PackWriter(store, {
    packSize: PACK_SIZE,
    signal: signal ?? new AbortController().signal,
    onBegin: (pack) => lease.addPack(pack),
    onStored: (footer) => stored.push(footer),
  });
  /** By the hash of the chunk. */
  const places = new Map<string, ChunkPlace>();
  try {
    for (const footer of packs) {
      await copyUsed(store, footer, use, writer, places, signal);
      await onStep();
    }
    writer.seal();
    await writer.settle();
  } finally {
    await writer.discard();
  }
  if (stored.length === 0) return 0;
  await putIndex(store, stored, { signal });
  const footers = new Map(packs.map((footer) => [footer.pack, footer]));
  await sideBySide(blobs, CONCURRENT_READS, signal, async (id, stop) => {
    await moveChunks(store, id, footers, places, stop);
    await onStep();
  });
  // If this session was taken for dead, the new packs are brought back now.
  await lease.confirm({ signal });
  return writer.storedBytes;
}

/** Copies chunks as they are stored, without compressing them again. */
async function copyUsed(
  store: ObjectStore,
  footer: PackFooter,
  use: PackUse,
  writer: PackWriter,
  places: Map<string, ChunkPlace>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const entries of groups(footer, use, places)) {
    const ranges = entries.map((entry) => ({ start: footer.start(entry), end: footer.end(entry) }));
    const read = await store.getRanges(packKey(footer.pack), ranges, { signal, maxGap: MAX_GAP });
    for (const [i, entry] of entries.entries()) {
      const bytes = read[i] ?? new Uint8Array(0);
      if ((await decodeChunk(footer, entry, bytes, true)) === undefined) {
        const reason = `chunk ${entry} is not what its hash says`;
        throw packDamage(store, { pack: footer.pack, offset: footer.start(entry), reason });
      }
      const hash = footer.hash(entry);
      const place = writer.append({
        hash,
        stored: bytes,
        codec: footer.codec(entry),
        plainBytes: footer.plainBytes(entry),
      });
      places.set(hash, place);
    }
    await writer.room();
  }
}

/** The used chunks that are not copied yet, by groups that are read together. */
function* groups(
  footer: PackFooter,
  use: PackUse,
  places: ReadonlyMap<string, ChunkPlace>,
): Generator<number[], void> {
  let group: number[] = [];
  let bytes = 0;
  for (let entry = 0; entry < footer.count; entry++) {
    if (!use.isUsed(footer.pack, entry) || places.has(footer.hash(entry))) continue;
    group.push(entry);
    bytes += footer.end(entry) - footer.start(entry);
    if (bytes < READ_BYTES) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

function moveChunks(
  store: ObjectStore,
  id: BlobId,
  footers: ReadonlyMap<string, PackFooter>,
  places: ReadonlyMap<string, ChunkPlace>,
  signal: AbortSignal,
): Promise<boolean> {
  const move = (recipe: Recipe): Recipe =>
    movedRecipe(recipe, (pack, entry) => {
      const footer = footers.get(pack);
      if (footer === undefined) return undefined;
      const place = places.get(footer.hash(entry));
      return place && { ...place, plainBytes: footer.plainBytes(entry) };
    });
  return changeRecipe(store, id, move, { signal });
}
