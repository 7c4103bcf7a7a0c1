import type { CallOptions } from "../../storage/index.js";
import type { HashedBlob, HashedChunk } from "../chunking/index.js";
import { type ChunkPlace, type ChunkSink, Compressor, plainChunk } from "../packs/index.js";
import { ChunkCopy } from "./chunk-copy.js";
import { RecipeBuilder } from "./recipe-builder.js";

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

/** Finds or stores each chunk; nothing of it is durable before the sink is flushed. Takes a chunk of memory beside the sink's packs. */
export async function putChunks(
  sink: ChunkSink,
  chunks: AsyncGenerator<readonly HashedChunk[], HashedBlob, undefined>,
  options: PutChunksOptions,
): Promise<PutChunks> {
  const compressor = options.compression === "auto" ? new Compressor() : undefined;
  const recipe = new RecipeBuilder();
  const tally: ChunkTally = { ...NO_CHUNKS };
  const copy = new ChunkCopy();

  /** Another put may store the chunk while it is compressed. */
  async function store({ hash, bytes }: HashedChunk): Promise<ChunkPlace> {
    const own = copy.of(bytes);
    const chunk = (await compressor?.encode(hash, own)) ?? plainChunk(hash, own);
    const { place, added } = sink.append(chunk);
    tally.storedBytes += added ? chunk.stored.length : 0;
    tally[added ? "newBytes" : "reusedBytes"] += bytes.length;
    tally[added ? "newChunks" : "reusedChunks"]++;
    return place;
  }

  async function take(some: readonly HashedChunk[]): Promise<void> {
    const known = await Promise.all(some.map(({ hash }) => sink.find(hash, options)));
    const stored = new Map<string, ChunkPlace>();
    for (const [i, chunk] of some.entries()) {
      let place = known[i] ?? stored.get(chunk.hash);
      if (place === undefined) {
        place = await store(chunk);
        stored.set(chunk.hash, place);
      } else {
        tally.reusedBytes += chunk.bytes.length;
        tally.reusedChunks++;
      }
      recipe.add(place, chunk.bytes.length);
    }
    await sink.room();
    options.onTally(tally);
  }

  try {
    for (;;) {
      const { done, value } = await chunks.next();
      if (done === true) return { recipe, tally, blob: value };
      if (value.length > 0) await take(value);
    }
  } catch (error) {
    await chunks.return(undefined as never);
    throw error;
  }
}
