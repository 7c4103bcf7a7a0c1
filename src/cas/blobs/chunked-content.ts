import { inOrder } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import type { BlobCache } from "../cache/index.js";
import type { PackFooters } from "../packs/index.js";
import type { BlobContent, ContentOptions } from "./blob-content.js";
import { ChunkFetch } from "./chunk-fetch.js";
import { type ChunkPosition, spanGroups } from "./chunk-spans.js";
import { readRecipe } from "./read-recipe.js";
import type { Recipe } from "./recipe.js";

/** Groups of chunks that are read at a time: with their plain bytes up to 16 MiB each, 8 MiB as a rule. */
const READ_AHEAD = 4;

/** A blob whose chunks lie in packs. */
export class ChunkedContent implements BlobContent {
  readonly size: number;
  readonly #store: ObjectStore;
  readonly #footers: PackFooters;
  readonly #fetch: ChunkFetch;
  #recipe: Recipe;
  /** Where each run begins in the blob. */
  #offsets: Float64Array;

  constructor(
    store: ObjectStore,
    footers: PackFooters,
    recipe: Recipe,
    cache?: BlobCache | undefined,
  ) {
    this.size = recipe.size;
    this.#store = store;
    this.#footers = footers;
    this.#fetch = new ChunkFetch(store, footers, recipe.blob, cache);
    this.#recipe = recipe;
    this.#offsets = runOffsets(recipe);
  }

  /** Only the chunks that hold some of the bytes are read. A piece is valid as long as it is held. */
  async *pieces(
    start: number,
    end: number,
    options: ContentOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    let at = start;
    for (let again = false; at < end; again = true) {
      try {
        for await (const piece of this.#read(at, end, options)) {
          at += piece.length;
          yield piece;
        }
        return;
      } catch (error) {
        await this.#moved(error, again, options);
      }
    }
  }

  async *#read(
    start: number,
    end: number,
    options: ContentOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const from = await this.#locate(start, options);
    const to = await this.#locate(end, options);
    const last = to.offset < end ? { run: to.run, entry: to.entry + 1 } : to;
    let at = from.offset;
    const groups = spanGroups(this.#recipe, from, last);
    const reads = inOrder(groups, READ_AHEAD, options.signal, (spans, signal) =>
      this.#fetch.chunks(spans, { ...options, signal }),
    );
    for await (const chunks of reads) {
      for (const chunk of chunks) {
        const piece = chunk.subarray(Math.max(0, start - at), Math.min(chunk.length, end - at));
        at += chunk.length;
        if (piece.length > 0) yield piece;
      }
    }
    if (at >= end) return;
    const pack = this.#recipe.packs[0] ?? "";
    throw this.#fetch.damage(pack, 0, `its chunks end at byte ${at} of the blob, before ${end}`);
  }

  /** The chunk that holds this byte of the blob, and where it begins; the end of the last one for the size. */
  async #locate(
    byte: number,
    options: ContentOptions,
  ): Promise<ChunkPosition & { readonly offset: number }> {
    const { runs, packs } = this.#recipe;
    if (byte >= this.size) return { run: runs.length, entry: 0, offset: this.size };
    const run = lastAtOrBelow(this.#offsets, byte);
    let offset = this.#offsets[run]!;
    if (offset === byte) return { run, entry: 0, offset };
    const [packNumber, first, entries] = runs[run]!;
    const pack = packs[packNumber]!;
    const footer = await this.#fetch.footer(pack, options);
    for (let entry = 0; entry < entries && first + entry < footer.count; entry++) {
      const next = offset + footer.plainBytes(first + entry);
      if (byte < next) return { run, entry, offset };
      offset = next;
    }
    throw this.#fetch.damage(pack, footer.dataEnd, "its chunks are fewer than the recipe says");
  }

  /** A pack that is gone has been repacked if the recipe does not name it any more; any other error is thrown. */
  async #moved(error: unknown, again: boolean, { signal }: ContentOptions): Promise<void> {
    if (!isLodeError(error, "not-found")) throw error;
    const pack = error.details.pack;
    if (typeof pack !== "string") throw error;
    this.#footers.forget(pack);
    const recipe = await readRecipe(this.#store, this.#recipe.blob, { signal });
    if (again || recipe.packs.includes(pack)) {
      throw this.#fetch.damage(pack, 0, "the pack is missing", error);
    }
    this.#recipe = recipe;
    this.#offsets = runOffsets(recipe);
  }
}

function runOffsets({ runs }: Recipe): Float64Array {
  const offsets = new Float64Array(runs.length);
  let at = 0;
  for (const [run, [, , , bytes]] of runs.entries()) {
    offsets[run] = at;
    at += bytes;
  }
  return offsets;
}

function lastAtOrBelow(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (sorted[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
