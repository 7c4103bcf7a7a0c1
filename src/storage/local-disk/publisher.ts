import type { BigIntStats } from "node:fs";
import type { WriteMode } from "../backend.js";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";
import { etagOf, isSameContent, settledStats } from "./object-version.js";
import type { Place, RootGuard } from "./root-guard.js";
import { alreadyExists, isFolder, type OnWarning, versionDiffers } from "./store-errors.js";
import type { WriteLock } from "./write-lock.js";

/** A finished file under a name that no reader knows, to become an object. */
export interface Unpublished {
  readonly path: string;
  /** As it was when its last byte was written. */
  readonly stats: BigIntStats;
}

/**
 * Lets a finished file appear under its key in one step: by `link` where the object must be new (the
 * system call fails if the name exists), by `rename` where it replaces another.
 */
export class Publisher {
  readonly #calls: FsCalls;
  readonly #guard: RootGuard;
  readonly #lock: WriteLock;
  readonly #lockAll: boolean;
  readonly #onWarning: OnWarning;

  constructor(
    calls: FsCalls,
    guard: RootGuard,
    lock: WriteLock,
    lockAll: boolean,
    onWarning: OnWarning,
  ) {
    this.#calls = calls;
    this.#guard = guard;
    this.#lock = lock;
    this.#lockAll = lockAll;
    this.#onWarning = onWarning;
  }

  /** Stats of the object at the place, through a link; undefined if there is none. */
  async current(at: Place): Promise<BigIntStats | undefined> {
    try {
      const stats = await settledStats(() => this.#calls.lstat(at.path));
      if (!stats.isSymbolicLink()) return stats;
      const target = this.#guard.followLink(at);
      return target === undefined ? undefined : await this.#calls.lstat(target);
    } catch (error) {
      if (isFsError(error, "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
  }

  /** Throws what {@link publish} would throw now, before a long body is written in vain. */
  async check(at: Place, mode: WriteMode): Promise<void> {
    if (mode === "overwrite") return;
    const current = await this.current(at);
    if (mode !== "create") return mustMatch(at.key, mode.ifMatch, current);
    if (current !== undefined && !current.isDirectory()) throw alreadyExists(at.key);
  }

  /** Publishes and returns the etag. The file's old name is gone afterwards; on a failure it stays. */
  async publish(
    file: Unpublished,
    at: Place,
    mode: WriteMode,
    signal?: AbortSignal,
  ): Promise<string> {
    this.#guard.recheck(at);
    if (mode === "create") await this.#create(file, at, signal);
    else if (mode !== "overwrite" || this.#lockAll) {
      return this.#lock.run(at, () => this.#replace(file, at, mode), signal);
    } else {
      return this.#lock.runLocally(at, () => this.#replace(file, at, mode));
    }
    return this.#etagAfter(file, at);
  }

  async #replace(file: Unpublished, at: Place, mode: WriteMode): Promise<string> {
    if (typeof mode === "object") mustMatch(at.key, mode.ifMatch, await this.current(at));
    await this.#unlessFolder(at, () => this.#calls.rename(file.path, at.path));
    return this.#etagAfter(file, at);
  }

  async #create(file: Unpublished, at: Place, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#unlessFolder(at, () => this.#calls.link(file.path, at.path));
    } catch (error) {
      if (isFsError(error, "EEXIST")) throw alreadyExists(at.key);
      if (!isFsError(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK")) throw error;
      return this.#createWithoutLink(file, at, signal);
    }
    try {
      await this.#calls.unlink(file.path);
    } catch (error) {
      // The object is there, whole and durable: the second name is removed with other leftovers.
      this.#onWarning({
        code: "leftover",
        message: `the temporary name ${file.path} could not be removed: ${String(error)}`,
      });
    }
  }

  /** For file systems without hard links: the lock keeps other writers of ours away. */
  #createWithoutLink(file: Unpublished, at: Place, signal: AbortSignal | undefined): Promise<void> {
    const work = async (): Promise<void> => {
      if ((await this.current(at)) !== undefined) throw alreadyExists(at.key);
      await this.#calls.rename(file.path, at.path);
    };
    return this.#lock.run(at, work, signal);
  }

  /** A folder without anything in it is no reason to refuse: object stores have no empty folders. */
  async #unlessFolder(at: Place, publish: () => Promise<void>): Promise<void> {
    try {
      await publish();
    } catch (error) {
      if (!isFsError(error, "EISDIR", "EEXIST", "ENOTEMPTY")) throw error;
      if (!(await this.current(at))?.isDirectory()) throw error;
      try {
        await this.#calls.rmdir(at.path);
      } catch (notEmpty) {
        if (isFsError(notEmpty, "ENOTEMPTY", "EEXIST", "ENOTDIR")) throw isFolder(at.key);
        throw notEmpty;
      }
      await publish();
    }
  }

  /** The etag of our own version, which is not the current one if another writer was faster. */
  async #etagAfter(file: Unpublished, at: Place): Promise<string> {
    const now = await this.current(at);
    return now !== undefined && isSameContent(now, file.stats) ? etagOf(now) : etagOf(file.stats);
  }
}

function mustMatch(key: string, wanted: string, current: BigIntStats | undefined): void {
  const etag = current?.isFile() ? etagOf(current) : undefined;
  if (etag !== wanted) throw versionDiffers(key, wanted, etag);
}
