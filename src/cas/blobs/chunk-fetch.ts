import { type ResolvedRange, sideBySide } from "../../core/index.js";
import { isLodeError, type LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { type BlobCache, type ReadThrough, readThrough } from "../cache/index.js";
import { type BlobId, packKey } from "../keys.js";
import { decodeChunk, type PackFooter, type PackFooters } from "../packs/index.js";
import { blobDamage } from "./blob-damage.js";
import type { ChunkSpan } from "./chunk-spans.js";

/** Packs that one group of chunks is read from at a time. */
const PACKS = 8;
/** Another request costs more than reading so many bytes for nothing. */
const MAX_GAP = 128 * 1024;
/** A chunk may have been damaged on its way. */
const ATTEMPTS = 3;

export interface FetchOptions extends CallOptions {
  readonly verify: boolean;
}

/** Reads chunks of one blob from their packs. */
export class ChunkFetch {
  readonly #store: ObjectStore;
  readonly #footers: PackFooters;
  readonly #blob: BlobId;
  readonly #cache: BlobCache | undefined;

  constructor(
    store: ObjectStore,
    footers: PackFooters,
    blob: BlobId,
    cache?: BlobCache | undefined,
  ) {
    this.#store = store;
    this.#footers = footers;
    this.#blob = blob;
    this.#cache = cache;
  }

  /**
   * The plain bytes of each chunk, in order. Throws `not-found` with `details.pack` for a pack that is gone, `integrity`
   * for one that is damaged.
   */
  async chunks(spans: readonly ChunkSpan[], options: FetchOptions): Promise<Uint8Array[]> {
    const byPack = new Map<string, number[]>();
    for (const [index, { pack }] of spans.entries()) {
      const indexes = byPack.get(pack);
      if (indexes === undefined) byPack.set(pack, [index]);
      else indexes.push(index);
    }
    const read: Uint8Array[][] = [];
    await sideBySide([...byPack], PACKS, options.signal, async ([pack, indexes], signal) => {
      const own = indexes.map((index) => spans[index]!);
      const chunks = await this.#ofPack(pack, own, { ...options, signal });
      for (const [i, index] of indexes.entries()) read[index] = chunks[i]!;
    });
    return read.flat();
  }

  /** The footer of a pack of this blob; throws as {@link chunks} does. */
  async footer(pack: string, options: CallOptions = {}): Promise<PackFooter> {
    try {
      return await this.#footers.get(pack, options.signal);
    } catch (error) {
      throw this.#told(pack, error);
    }
  }

  /** Of each span, its chunks. */
  async #ofPack(
    pack: string,
    spans: readonly ChunkSpan[],
    options: FetchOptions,
  ): Promise<Uint8Array[][]> {
    const footer = await this.footer(pack, options);
    const ranges = spans.map(({ first, entries }) => {
      if (first + entries > footer.count) {
        const reason = `it has ${footer.count} chunks where the recipe wants number ${first + entries - 1}`;
        throw this.damage(pack, footer.dataEnd, reason);
      }
      return { start: footer.start(first), end: footer.end(first + entries - 1) };
    });
    const { ranges: stored, fetched } = await this.#read(pack, ranges, options);
    const chunks = await Promise.all(
      spans.map(({ first, entries }, i) =>
        Promise.all(
          Array.from({ length: entries }, (_, entry) => {
            const from = footer.start(first + entry) - ranges[i]!.start;
            const bytes = stored[i]!.subarray(from, footer.end(first + entry) - ranges[i]!.start);
            return this.#decoded(footer, first + entry, bytes, options);
          }),
        ),
      ),
    );
    if (options.verify) {
      for (const { start, bytes } of fetched) await this.#cache?.add(packKey(pack), start, bytes);
    }
    return chunks;
  }

  /** What lies in the cache from there; a range or gap of one begins and ends with a chunk. */
  async #read(
    pack: string,
    ranges: readonly ResolvedRange[],
    options: CallOptions,
  ): Promise<ReadThrough> {
    const fetch = (missing: readonly ResolvedRange[]) => this.#ranges(pack, missing, options);
    if (this.#cache === undefined) return { ranges: await fetch(ranges), fetched: [] };
    return readThrough(this.#cache, packKey(pack), ranges, fetch);
  }

  async #decoded(
    footer: PackFooter,
    entry: number,
    stored: Uint8Array,
    { verify, signal }: FetchOptions,
  ): Promise<Uint8Array> {
    const start = footer.start(entry);
    for (let attempt = 1; ; attempt++) {
      const chunk = await decodeChunk(footer, entry, stored, verify);
      if (chunk !== undefined) return chunk;
      if (attempt === ATTEMPTS) {
        throw this.damage(footer.pack, start, `chunk ${entry} is not what its hash says`);
      }
      const range = { start, end: footer.end(entry) };
      await this.#cache?.drop(packKey(footer.pack), range);
      // In its place, so that it goes into the cache as it should be.
      stored.set((await this.#ranges(footer.pack, [range], { signal }))[0]!);
    }
  }

  async #ranges(
    pack: string,
    ranges: readonly ResolvedRange[],
    { signal }: CallOptions,
  ): Promise<Uint8Array[]> {
    let read: Uint8Array[];
    try {
      read = await this.#store.getRanges(packKey(pack), ranges, { signal, maxGap: MAX_GAP });
    } catch (error) {
      throw this.#told(pack, error);
    }
    for (const [i, { start, end }] of ranges.entries()) {
      if (read[i]!.length !== end - start) throw this.damage(pack, start, "it ends early");
    }
    return read;
  }

  damage(pack: string, offset: number, reason: string, cause?: unknown): LodeError {
    const key = packKey(pack);
    return blobDamage(this.#store, { blob: this.#blob, key, pack, offset, reason, cause });
  }

  /** The failure with the blob and the pack in it. */
  #told(pack: string, error: unknown): unknown {
    if (isLodeError(error, "not-found")) return error.with({ details: { pack } });
    if (isLodeError(error, "integrity")) {
      const { offset = 0, reason = error.message } = error.details as Partial<
        Record<"offset", number> & Record<"reason", string>
      >;
      return this.damage(pack, offset, reason, error);
    }
    // Behind the end of an object that is shorter than its footer, when read first, told.
    if (isLodeError(error, "invalid-argument")) {
      return this.damage(pack, 0, "it was replaced by another while it was read", error);
    }
    return error;
  }
}
