import type { BigIntStats, Dirent } from "node:fs";
import { compareKeys } from "../../core/index.js";
import { throwIfAborted } from "../../errors.js";
import type { ListOptions, ListPage, ObjectMeta } from "../backend.js";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";
import { isKeySegment } from "./local-key.js";
import { metaOf, settledStats } from "./object-version.js";
import type { RootGuard } from "./root-guard.js";

const MAX_PAGE = 1000;

/** One folder on the way down. Its entries are names, those of folders with a slash behind. */
interface Level {
  /** What the keys of its entries begin with: empty or ending in `/`. */
  readonly base: string;
  readonly path: string;
  readonly entries: readonly string[];
  next: number;
}

/** A file that may be an object, or a prefix. */
interface Found {
  readonly key: string;
  readonly path: string;
}

/**
 * Lists the keys below a root in the order of their UTF-8 bytes. Within a folder the names are
 * sorted with a slash behind those of folders, since `a-b` comes before `a/b` and after `a`; that makes the order of the walk the
 * order of the keys. Memory holds one folder's names for each level. What the prefix or `startAfter`
 * exclude is not entered. Links are followed where they stay inside the root and do not lead back.
 */
export class TreeListing {
  readonly #calls: FsCalls;
  readonly #guard: RootGuard;
  readonly #prefix: string;
  readonly #after: string;
  readonly #delimiter: boolean;
  readonly #skipPrefixes: boolean;
  readonly #pageSize: number;
  readonly #signal: AbortSignal | undefined;
  readonly #levels: Level[] = [];

  constructor(calls: FsCalls, guard: RootGuard, options: ListOptions) {
    this.#calls = calls;
    this.#guard = guard;
    this.#prefix = options.prefix ?? "";
    this.#after = options.startAfter ?? "";
    this.#delimiter = options.delimiter !== undefined;
    this.#skipPrefixes = options.skipPrefixes === true;
    this.#pageSize = Math.max(1, Math.min(options.pageSize ?? MAX_PAGE, MAX_PAGE));
    this.#signal = options.signal;
  }

  async *pages(): AsyncGenerator<ListPage> {
    await this.#enterPrefix();
    for (let more = true; more; ) {
      throwIfAborted(this.#signal);
      const found: Found[] = [];
      const prefixes: string[] = [];
      while (more && found.length + prefixes.length < this.#pageSize) {
        more = await this.#step(found, prefixes);
      }
      const objects = await this.#objects(found);
      if (objects.length + prefixes.length > 0) yield { objects, prefixes };
    }
  }

  /** True if there is any object. */
  async any(): Promise<boolean> {
    for await (const page of this.pages()) {
      if (page.objects.length > 0) return true;
    }
    return false;
  }

  async #enterPrefix(): Promise<void> {
    this.#guard.mustExist();
    const folders = this.#prefix.split("/").slice(0, -1);
    if (!folders.every(isKeySegment)) return; // no key begins so
    const path = this.#guard.folder(folders, this.#prefix);
    if (path === undefined) return;
    await this.#enter(folders.map((name) => `${name}/`).join(""), path);
  }

  /** Takes one entry of the deepest folder. False if nothing is left. */
  async #step(found: Found[], prefixes: string[]): Promise<boolean> {
    const level = this.#levels.at(-1);
    if (level === undefined) return false;
    const entry = level.entries[level.next++];
    if (entry === undefined) {
      this.#levels.pop();
      return true;
    }
    const key = level.base + entry;
    if (!entry.endsWith("/")) {
      found.push({ key, path: join(level.path, entry) });
      return true;
    }
    const path = join(level.path, entry.slice(0, -1));
    if (!this.#delimiter) await this.#enter(key, path);
    else if (!this.#skipPrefixes && (await this.#hasObject(key))) prefixes.push(key);
    return true;
  }

  async #enter(base: string, path: string): Promise<void> {
    throwIfAborted(this.#signal);
    const entries = await this.#read(base, path);
    if (entries.length > 0) this.#levels.push({ base, path, entries, next: 0 });
  }

  /** A folder is a prefix only if an object lies below it. */
  #hasObject(prefix: string): Promise<boolean> {
    const startAfter = this.#after.startsWith(prefix) ? this.#after : undefined;
    const inner = { prefix, startAfter, pageSize: 1, signal: this.#signal };
    return new TreeListing(this.#calls, this.#guard, inner).any();
  }

  async #read(base: string, path: string): Promise<string[]> {
    let dirents: Dirent[];
    try {
      dirents = await this.#calls.readdir(path);
    } catch (error) {
      // Removed between the look at its parent and this one.
      if (isFsError(error, "ENOENT", "ENOTDIR")) return [];
      throw error;
    }
    const entries: string[] = [];
    for (const dirent of dirents) {
      if (!isKeySegment(dirent.name)) continue;
      const entry = await this.#entry(dirent, path);
      if (entry !== undefined && this.#isWanted(base + entry)) entries.push(entry);
    }
    return sortKeys(entries);
  }

  /** The name, with a slash for a folder; undefined for what is neither file nor folder. */
  async #entry(dirent: Dirent, path: string): Promise<string | undefined> {
    if (dirent.isFile()) return dirent.name;
    if (dirent.isDirectory()) return `${dirent.name}/`;
    if (!dirent.isSymbolicLink()) return undefined;
    return this.#linkedEntry(dirent.name, path);
  }

  async #linkedEntry(name: string, path: string): Promise<string | undefined> {
    const target = this.#linkTarget(join(path, name));
    if (target === undefined || !this.#guard.isInside(target)) return undefined;
    const stats = await this.#statsOf(target);
    if (stats?.isFile()) return name;
    if (!stats?.isDirectory()) return undefined;
    const leadsBack = target === path || path.startsWith(target === "/" ? "/" : `${target}/`);
    const again = this.#levels.some((level) => this.#linkTarget(level.path) === target);
    return leadsBack || again ? undefined : `${name}/`;
  }

  /** Undefined if it was deleted since its folder was read, or its name is no UTF-8 and so no key. */
  async #statsOf(path: string): Promise<BigIntStats | undefined> {
    try {
      return await settledStats(() => this.#calls.lstat(path));
    } catch (error) {
      if (isFsError(error, "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
  }

  #linkTarget(path: string): string | undefined {
    try {
      return this.#calls.realpathSync(path);
    } catch (error) {
      if (isFsError(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES")) return undefined;
      throw error;
    }
  }

  #isWanted(key: string): boolean {
    const prefix = this.#prefix;
    if (key.endsWith("/")) {
      if (!key.startsWith(prefix) && !prefix.startsWith(key)) return false;
      return this.#after.startsWith(key) || compareKeys(key, this.#after) > 0;
    }
    return key.startsWith(prefix) && compareKeys(key, this.#after) > 0;
  }

  async #objects(found: readonly Found[]): Promise<ObjectMeta[]> {
    const metas = await Promise.all(found.map((file) => this.#meta(file)));
    return metas.filter((meta) => meta !== undefined);
  }

  async #meta({ key, path }: Found): Promise<ObjectMeta | undefined> {
    let stats = await this.#statsOf(path);
    if (stats?.isSymbolicLink()) {
      const target = this.#linkTarget(path);
      if (target === undefined || !this.#guard.isInside(target)) return undefined;
      stats = await this.#statsOf(target);
    }
    return stats?.isFile() ? metaOf(key, stats) : undefined;
  }
}

function join(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

const SURROGATE = /[\uD800-\uDFFF]/;

/** JavaScript's own order is that of the bytes, and far faster, unless there are surrogates. */
function sortKeys(names: string[]): string[] {
  return names.some((name) => SURROGATE.test(name)) ? names.sort(compareKeys) : names.sort();
}
