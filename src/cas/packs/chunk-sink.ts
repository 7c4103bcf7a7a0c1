import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { ChunkIndex } from "./chunk-index.js";
import { HeldChunks } from "./held-chunks.js";
import { type IndexLoader, putIndex } from "./index-objects.js";
import type { PackFooter } from "./pack-footer.js";
import type { PackFooters } from "./pack-footers.js";
import type { ChunkPlace, StoredChunk } from "./pack-format.js";
import { PackWriter } from "./pack-writer.js";

/** An index object is written for so many packs at most, so that little is noted in memory. */
const PACKS_PER_INDEX = 16;

export interface ChunkSinkOptions {
  readonly store: ObjectStore;
  readonly index: ChunkIndex;
  readonly loader: IndexLoader;
  readonly footers: PackFooters;
  readonly packSize: number;
  readonly signal: AbortSignal;
  /** Keeps a pack from being collected; false if it is too late. */
  readonly hold: (pack: string, options: CallOptions) => Promise<boolean>;
  /** Called before anything of a new pack is stored. */
  readonly onNewPack: (pack: string) => void;
}

/** Where all of a session's puts store their chunks: what one of them stores, the others find. */
export class ChunkSink {
  readonly #options: ChunkSinkOptions;
  readonly #held: HeldChunks;
  readonly #writer: PackWriter;
  /** Chunks of packs that no index object tells of yet. */
  readonly #fresh = new Map<string, ChunkPlace>();
  /** Of those packs, the ones that are durable. */
  #stored: PackFooter[] = [];
  #indexing: Promise<void> = Promise.resolve();
  #flushing: Promise<void> = Promise.resolve();
  #nextFlush: Promise<void> | undefined;
  #indexBytes = 0;

  constructor(options: ChunkSinkOptions) {
    this.#options = options;
    const { store, index, footers, hold, onNewPack, packSize, signal } = options;
    this.#held = new HeldChunks(index, footers, hold);
    this.#writer = new PackWriter(store, {
      packSize,
      signal,
      onBegin: onNewPack,
      onStored: (footer) => this.#stored.push(footer),
    });
  }

  /** Bytes that were stored so far, packs and index. */
  get storedBytes(): number {
    return this.#writer.storedBytes + this.#indexBytes;
  }

  /** Where a chunk is; undefined if it must be stored. */
  async find(hash: string, options: CallOptions): Promise<ChunkPlace | undefined> {
    return this.#fresh.get(hash) ?? this.#held.find(hash, options);
  }

  /** Stores a chunk unless another put has meanwhile; `added` tells. Wait for {@link room} between some MiB of them. */
  append(chunk: StoredChunk): { readonly place: ChunkPlace; readonly added: boolean } {
    const known = this.#fresh.get(chunk.hash);
    if (known !== undefined) return { place: known, added: false };
    const place = this.#writer.append(chunk);
    this.#fresh.set(chunk.hash, place);
    return { place, added: true };
  }

  /** Waits until there is room for more. Throws what storing earlier ones failed with. */
  async room(): Promise<void> {
    await this.#writer.room();
    if (this.#stored.length >= PACKS_PER_INDEX) await this.#writeIndex();
  }

  /** All chunks that were appended before are durable and indexed. Puts that end at the same time share one flush. */
  flush(): Promise<void> {
    this.#nextFlush ??= this.#flushAfter(this.#flushing);
    return this.#nextFlush;
  }

  async #flushAfter(earlier: Promise<void>): Promise<void> {
    // Its failure is told to those who asked for it, and comes again here if it lasts.
    await earlier.catch(() => undefined);
    this.#flushing = this.#nextFlush ?? Promise.resolve();
    this.#nextFlush = undefined;
    this.#writer.seal();
    await this.#writer.settle();
    await this.#writeIndex();
  }

  /** Ends what is under way; what was not flushed is lost. */
  async close(): Promise<void> {
    await this.#writer.discard();
    await Promise.allSettled([this.#indexing, this.#flushing]);
  }

  #writeIndex(): Promise<void> {
    const writing = this.#indexing
      // Its failure was told to its own caller; what it did not write is written now.
      .catch(() => undefined)
      .then(() => this.#indexStored());
    this.#indexing = writing;
    return writing;
  }

  async #indexStored(): Promise<void> {
    const footers = [...this.#stored];
    if (footers.length === 0) return;
    const { store, index, loader, signal } = this.#options;
    const { id, bytes } = await putIndex(store, footers, { signal });
    this.#stored = this.#stored.slice(footers.length);
    this.#indexBytes += bytes;
    loader.known(id);
    for (const footer of footers) {
      index.add(footer);
      this.#held.own(footer);
      for (let entry = 0; entry < footer.count; entry++) this.#fresh.delete(footer.hash(entry));
    }
  }
}
