import type { CallOptions } from "../../storage/index.js";
import type { HashedBlob, HashedChunk } from "../chunking/index.js";
import {
  type ChunkPlace,
  type ChunkSink,
  Compressor,
  plainChunk,
  type StoredChunk,
} from "../packs/index.js";
import { ChunkGroup } from "./chunk-group.js";
import { RecipeBuilder } from "./recipe-builder.js";

/** Chunks are looked up, compressed and stored by groups of so many bytes, two at a time. */
const GROUP_BYTES = 2 * 1024 * 1024;
/** Groups of small chunks end here. */
const GROUP_CHUNKS = 1024;

/** What became of a blob's chunks. */
export interface ChunkTally {
  /** Bytes in packs, compressed as they are. */
  storedBytes: number;
  newBytes: number;
  newChunks: number;
  reusedBytes: number;
  reusedChunks: number;
}

export const NO_CHUNKS: Readonly<ChunkTally> = {
  storedBytes: 0,
  newBytes: 0,
  newChunks: 0,
  reusedBytes: 0,
  reusedChunks: 0,
};

export interface PutChunksOptions extends CallOptions {
  readonly compression: "auto" | "none";
  /** Called as chunks find their place. */
  readonly onTally: (tally: Readonly<ChunkTally>) => void;
}

export interface PutChunks {
  readonly recipe: RecipeBuilder;
  readonly tally: Readonly<ChunkTally>;
  readonly blob: HashedBlob;
}

/** Finds or stores each chunk; nothing of it is durable before the sink is flushed. Takes 4 MiB beside the sink's packs. */
export async function putChunks(
  sink: ChunkSink,
  chunks: AsyncGenerator<HashedChunk, HashedBlob, undefined>,
  options: PutChunksOptions,
): Promise<PutChunks> {
  const compressor = options.compression === "auto" ? new Compressor() : undefined;
  const recipe = new RecipeBuilder();
  const tally: ChunkTally = { ...NO_CHUNKS };

  /** Lookups and compression go on while the group before is appended. */
  async function take(group: ChunkGroup, earlier: Promise<void>): Promise<void> {
    const places = await Promise.all(group.hashes.map((hash) => sink.find(hash, options)));
    const stored = await encoded(group, places, compressor);
    await earlier;
    for (let chunk = 0; chunk < group.count; chunk++) {
      const bytes = group.bytes(chunk).length;
      const known = places[chunk];
      const one = stored.get(group.hashes[chunk]!);
      // One that was not known may be by now: an earlier one of the group, or another put's.
      const { place, added } =
        known === undefined ? sink.append(one!) : { place: known, added: false };
      recipe.add(place, bytes);
      if (added) {
        tally.storedBytes += one!.stored.length;
        tally.newBytes += bytes;
        tally.newChunks++;
      } else {
        tally.reusedBytes += bytes;
        tally.reusedChunks++;
      }
    }
    await sink.room();
    options.onTally(tally);
  }

  let earlier: Promise<void> = Promise.resolve();
  let group = new ChunkGroup(new Uint8Array(GROUP_BYTES));
  let idle: ChunkGroup | undefined;
  const next = async (): Promise<void> => {
    const taking = take(group, earlier);
    // Its failure is told when its turn comes, and must have a listener until then.
    taking.catch(() => undefined);
    await earlier;
    earlier = taking;
    // The memory of the group before is free now.
    [group, idle] = [new ChunkGroup(idle?.memory ?? new Uint8Array(GROUP_BYTES)), group];
  };
  try {
    for (;;) {
      const { done, value } = await chunks.next();
      if (done === true) {
        if (group.count > 0) await next();
        await earlier;
        return { recipe, tally, blob: value };
      }
      if (!group.fits(value.bytes) || group.count === GROUP_CHUNKS) await next();
      group.add(value.hash, value.bytes);
    }
  } catch (error) {
    await chunks.return(undefined as never);
    await earlier.catch(() => undefined);
    throw error;
  }
}

/** What is to be stored of the chunks that have no place, each once. */
async function encoded(
  group: ChunkGroup,
  places: readonly (ChunkPlace | undefined)[],
  compressor: Compressor | undefined,
): Promise<Map<string, StoredChunk>> {
  const stored = new Map<string, StoredChunk>();
  const work = new Map<string, Promise<StoredChunk>>();
  for (const [chunk, place] of places.entries()) {
    const hash = group.hashes[chunk]!;
    if (place !== undefined || stored.has(hash) || work.has(hash)) continue;
    const bytes = group.bytes(chunk);
    if (compressor === undefined) stored.set(hash, plainChunk(hash, bytes));
    else work.set(hash, compressor.encode(hash, bytes));
  }
  for (const chunk of await Promise.all(work.values())) stored.set(chunk.hash, chunk);
  return stored;
}
