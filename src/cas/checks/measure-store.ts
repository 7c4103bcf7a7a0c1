import { CONCURRENT_READS, sideBySide } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { ObjectMeta, ObjectStore } from "../../storage/index.js";
import { type Recipe, readRecipe } from "../blobs/index.js";
import { PackUse } from "../collect/index.js";
import { IdSet } from "../cycles/index.js";
import { type BlobId, isBlobId, isPackId } from "../keys.js";
import { PackFooters } from "../packs/index.js";
import { type BlobEntry, blobEntries } from "./blob-entries.js";
import { inBatches } from "./in-batches.js";
import { RefCounter } from "./ref-counter.js";
import type { ObjectTally, StatsOptions, StoreStats } from "./store-stats.js";

type Sum<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Measures a store by one listing of all of it, a read for each recipe, and one for each pack. Takes 48 bytes for each blob, a bit for
 * each chunk, and a bit for each blob and kind of ref. What is written meanwhile may count or not.
 */
export async function measureStore(
  store: ObjectStore,
  options: StatsOptions = {},
): Promise<StoreStats> {
  const measure = new Measure(store, options);
  // Refs come last: their blobs have been measured by then.
  await measure.blobs();
  await measure.packs();
  await measure.refs();
  await measure.others();
  return measure.result();
}

class Measure {
  readonly #store: ObjectStore;
  readonly #options: StatsOptions;
  readonly #ids = new IdSet(32);
  /** Of each blob, in bytes. */
  readonly #sizes: number[] = [];
  readonly #use = new PackUse();
  readonly #kinds = new Map<string, RefCounter>();
  readonly #all = new RefCounter();
  readonly #folders = new Map<string, Sum<ObjectTally>>();
  readonly #blobs = { count: 0, whole: 0, chunked: 0, bytes: 0, wholeBytes: 0, chunkedBytes: 0 };
  readonly #chunks = { stored: 0, plainBytes: 0, storedBytes: 0, used: 0 };
  readonly #packs = { count: 0, bytes: 0, usedBytes: 0 };
  /** Plain bytes of the chunks that recipes name, each once. */
  #usedPlainBytes = 0;
  #objects = 0;
  #unreadable = 0;

  constructor(store: ObjectStore, options: StatsOptions) {
    this.#store = store;
    this.#options = options;
  }

  async blobs(): Promise<void> {
    const { signal } = this.#options;
    const entries = blobEntries(this.#store, { signal });
    await inBatches(entries, CONCURRENT_READS, signal, async (entry, stop) => {
      if (!("id" in entry)) return this.#count(entry);
      const { data, recipe, metadata, others } = entry;
      for (const object of [...data, recipe, metadata, ...others]) {
        if (object !== undefined) this.#count(object);
      }
      await this.#addBlob(entry, stop);
    });
  }

  async packs(): Promise<void> {
    const { signal } = this.#options;
    const footers = new PackFooters(this.#store);
    const objects = this.#store.list({ prefix: "packs/", signal });
    await inBatches(objects, CONCURRENT_READS, signal, async (meta, stop) => {
      this.#count(meta);
      const pack = meta.key.split("/")[2];
      if (!isPackId(pack)) return;
      this.#packs.count++;
      this.#packs.bytes += meta.size;
      const footer = await this.#readable(() => footers.get(pack, stop));
      if (footer === undefined) return;
      this.#packs.usedBytes += this.#use.usedBytes(footer);
      this.#chunks.stored += footer.count;
      this.#chunks.storedBytes += footer.dataEnd - footer.start(0);
      for (let entry = 0; entry < footer.count; entry++) {
        const bytes = footer.plainBytes(entry);
        this.#chunks.plainBytes += bytes;
        if (this.#use.isUsed(pack, entry)) this.#usedPlainBytes += bytes;
      }
    });
  }

  async refs(): Promise<void> {
    const { signal } = this.#options;
    for await (const meta of this.#store.list({ prefix: "refs/", signal })) {
      this.#count(meta);
      const [, , id, kind = ""] = meta.key.split("/");
      if (!isBlobId(id)) continue;
      const blob = this.#ids.numberOf(id);
      const size = this.#sizes[blob ?? -1] ?? 0;
      let tally = this.#kinds.get(kind);
      if (tally === undefined) {
        tally = new RefCounter();
        this.#kinds.set(kind, tally);
      }
      tally.add(blob, size);
      this.#all.add(blob, size);
    }
  }

  async others(): Promise<void> {
    const { signal } = this.#options;
    const prefixes: string[] = [];
    for await (const page of this.#store.listPages({ delimiter: "/", signal })) {
      for (const meta of page.objects) this.#count(meta);
      prefixes.push(...page.prefixes);
    }
    const rest = prefixes.filter((prefix) => !["data/", "packs/", "refs/"].includes(prefix));
    await sideBySide(rest, CONCURRENT_READS, signal, async (prefix, stop) => {
      for await (const meta of this.#store.list({ prefix, signal: stop })) this.#count(meta);
    });
  }

  result(): StoreStats {
    const refs = this.#all.tally;
    const { plainBytes, storedBytes } = this.#chunks;
    const objectsByFolder = Object.fromEntries(
      [...this.#folders].sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    const all = [...this.#folders.values()];
    const bytes = all.reduce((sum, folder) => sum + folder.bytes, 0);
    const { trash } = objectsByFolder;
    return {
      blobs: this.#blobs,
      refs,
      refsByKind: Object.fromEntries([...this.#kinds].map(([kind, { tally }]) => [kind, tally])),
      chunks: this.#chunks,
      packs: this.#packs,
      objects: { objects: all.reduce((sum, { objects }) => sum + objects, 0), bytes },
      objectsByFolder,
      ratios: {
        compression: ratio(plainBytes, storedBytes),
        chunkSharing: ratio(this.#blobs.chunkedBytes, this.#usedPlainBytes),
        blobSharing: ratio(refs.logicalBytes, refs.uniqueBytes),
        total: ratio(refs.logicalBytes, bytes - (trash?.bytes ?? 0)),
      },
      unreadable: this.#unreadable,
    };
  }

  async #addBlob({ id, data, recipe }: BlobEntry, signal: AbortSignal): Promise<void> {
    const whole = data[0];
    if (whole !== undefined) {
      this.#blobs.whole++;
      this.#blobs.wholeBytes += whole.size;
      return this.#setSize(id, whole.size);
    }
    if (recipe === undefined) return;
    const found = await this.#readable(() => readRecipe(this.#store, id, { signal }));
    if (found === undefined) return;
    if (found.bytes === undefined) {
      this.#use.add(found);
      this.#chunks.used += chunksOf(found);
      this.#blobs.chunked++;
      this.#blobs.chunkedBytes += found.size;
    } else {
      this.#blobs.whole++;
      this.#blobs.wholeBytes += found.size;
    }
    this.#setSize(id, found.size);
  }

  #setSize(id: BlobId, size: number): void {
    this.#sizes[this.#ids.add(id)] = size;
    this.#blobs.count++;
    this.#blobs.bytes += size;
  }

  #count({ key, size }: ObjectMeta): void {
    const folder = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
    const tally = this.#folders.get(folder) ?? { objects: 0, bytes: 0 };
    tally.objects++;
    tally.bytes += size;
    this.#folders.set(folder, tally);
    this.#options.onProgress?.(++this.#objects);
  }

  /** Undefined for what is damaged, which is counted, or was deleted since it was listed. */
  async #readable<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (isLodeError(error, "not-found")) return undefined;
      if (!isLodeError(error, "integrity")) throw error;
      this.#unreadable++;
      return undefined;
    }
  }
}

function chunksOf({ runs }: Recipe): number {
  return runs.reduce((sum, [, , entries]) => sum + entries, 0);
}

function ratio(before: number, after: number): number {
  return after === 0 ? 1 : before / after;
}
