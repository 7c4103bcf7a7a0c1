import { lstat, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ResolvedRange } from "../../core/index.js";
import { isLodeError, throwIfAborted } from "../../errors.js";
import { isFsError, nodeFsCalls, WriteLock } from "../../storage/local-disk/index.js";
import {
  diskBytes,
  type EntryFile,
  entryFiles,
  longestUnused,
  removeEntry,
} from "./entry-files.js";
import { entryPath, parseEntry, shardOf } from "./entry-name.js";
import { EntryWriter } from "./entry-writer.js";
import { Incoming, namesIn } from "./incoming.js";
import { readSealed, sealedBytes } from "./sealed-file.js";

/** A process that has the folder's lock needs it for less than a millisecond, but for an eviction. */
const LOCK_WAIT_MS = 2_000;
/** An eviction reads all of the folder: it makes more room than is needed now. */
const KEPT_SHARE = 0.9;
/** An entry takes at most this share, so that one blob does not drive out all others. */
const ENTRY_SHARE = 0.5;

/** What a cache takes on the disk. */
export interface CacheUsage {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * The files of a cache, which any number of processes use at once. Reads take no lock. Room for an entry is set aside
 * under a lock before a byte of it is written, so that files in the making count too, and all of them never take more
 * than the cap. `usage` tells how much is set aside, never too little: whoever finds that it is too much looks at all
 * files, and deletes those that were used longest ago if it is so.
 */
export class CacheFolder {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #incoming: Incoming;
  readonly #lock = new WriteLock(nodeFsCalls);
  #isTidy = false;

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#incoming = new Incoming(join(path, "incoming"));
  }

  /** The stretches of an object that are there. */
  async stretches(object: string): Promise<ResolvedRange[]> {
    const shard = shardOf(object);
    const entries = (await namesIn(join(this.#path, shard))).map((name) => parseEntry(shard, name));
    return entries.filter(
      (entry) => entry !== undefined && entry.object === object,
    ) as ResolvedRange[];
  }

  /** Bytes of the object in a stretch; undefined if it is gone, or damaged, and then gone. */
  async read(
    object: string,
    stretch: ResolvedRange,
    { start, end }: ResolvedRange,
  ): Promise<Uint8Array | undefined> {
    const path = join(this.#path, entryPath(object, stretch));
    const content = stretch.end - stretch.start;
    try {
      const bytes = await readSealed(path, content, start - stretch.start, end - stretch.start);
      if (bytes === undefined) await removeEntry(path);
      return bytes;
    } catch (error) {
      if (isFsError(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  /** A new entry; undefined if it is there, if there is no room, or if others keep the folder busy. */
  async begin(object: string, stretch: ResolvedRange): Promise<EntryWriter | undefined> {
    const path = join(this.#path, entryPath(object, stretch));
    const bytes = diskBytes(sealedBytes(stretch.end - stretch.start));
    if (bytes > this.#maxBytes * ENTRY_SHARE || (await isThere(path))) return undefined;
    const setAside = async () => {
      const room = !(await isThere(path)) && (await this.#setAside(bytes));
      return room ? await this.#incoming.create(bytes) : undefined;
    };
    try {
      const made = await this.#alone(setAside, AbortSignal.timeout(LOCK_WAIT_MS));
      return made === undefined ? undefined : await EntryWriter.open(made, path);
    } catch (error) {
      if (isLodeError(error, "aborted")) return undefined;
      throw error;
    }
  }

  remove(object: string, stretch: ResolvedRange): Promise<void> {
    return removeEntry(join(this.#path, entryPath(object, stretch)));
  }

  async usage(signal?: AbortSignal): Promise<CacheUsage> {
    return told(await entryFiles(this.#path, signal));
  }

  /** What was used longest ago, without which the rest takes at most `maxBytes`. */
  async surplus(maxBytes: number, signal?: AbortSignal): Promise<CacheUsage> {
    return told(longestUnused(await entryFiles(this.#path, signal), maxBytes));
  }

  /** Deletes the surplus, which is more where some is set aside; gives what was deleted. */
  async prune(maxBytes: number, signal?: AbortSignal): Promise<CacheUsage> {
    if (!(await isThere(this.#path))) return told([]);
    return this.#alone(async () => {
      const { evicted } = await this.#evict(maxBytes, maxBytes, signal);
      return told(evicted);
    }, signal);
  }

  /** False if the rest of the cap is set aside by others. */
  async #setAside(bytes: number): Promise<boolean> {
    let used = await this.#noted();
    if (used === undefined || used + bytes > this.#maxBytes) {
      const all = await this.#evict(this.#maxBytes - bytes, this.#maxBytes * KEPT_SHARE - bytes);
      used = all.used;
    }
    if (used + bytes > this.#maxBytes) return false;
    await this.#note(used + bytes);
    return true;
  }

  /** Looks at all files. If they take more than `most`, deletes of them until they take `target`. */
  async #evict(
    most: number,
    target = most,
    signal?: AbortSignal,
  ): Promise<{ readonly used: number; readonly evicted: readonly EntryFile[] }> {
    const { bytes: setAside } = await this.#incoming.tidy();
    const files = await entryFiles(this.#path, signal);
    const { bytes } = told(files);
    const evicted = bytes + setAside > most ? longestUnused(files, target - setAside) : [];
    for (const { path } of evicted) {
      throwIfAborted(signal, "delete");
      await removeEntry(path);
    }
    const used = bytes + setAside - told(evicted).bytes;
    await this.#note(used);
    return { used, evicted };
  }

  /** What is set aside; undefined if all files must be looked at to know. */
  async #noted(): Promise<number | undefined> {
    if (!this.#isTidy) {
      const { removed } = await this.#incoming.tidy();
      this.#isTidy = true;
      if (removed > 0) return undefined;
    }
    try {
      const text = await readFile(this.#usagePath, "utf8");
      return /^\d+\n$/.test(text) ? Number(text) : undefined;
    } catch (error) {
      if (isFsError(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  #note(bytes: number): Promise<void> {
    return writeFile(this.#usagePath, `${bytes}\n`, { mode: 0o600 });
  }

  get #usagePath(): string {
    return join(this.#path, "usage");
  }

  async #alone<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    const name = "cache";
    const place = { key: name, name, directory: this.#path, path: join(this.#path, name) };
    return this.#lock.run(place, work, signal);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isFsError(error, "ENOENT")) return false;
    throw error;
  }
}

function told(files: readonly EntryFile[]): CacheUsage {
  return { entries: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}
