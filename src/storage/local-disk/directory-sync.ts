import { constants } from "node:fs";
import { dirname } from "node:path";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";

const KNOWN_MAX = 16_384;

/**
 * Makes names durable: the entry of a file, and of each folder above it up to the root. Callers that ask for
 * one folder while it is being synced share the next sync ("group commit"), so that n
 * concurrent puts cost about two.
 */
export class DirectorySync {
  readonly #calls: FsCalls;
  readonly #running = new Map<string, Promise<void>>();
  readonly #queued = new Map<string, Promise<void>>();
  /** Folders whose own entry in their parent is durable. */
  readonly #durable = new Set<string>();

  constructor(calls: FsCalls) {
    this.#calls = calls;
  }

  /** Returns when all names made in `directory` before the call, and its own, survive a power failure. */
  async syncEntry(directory: string, root: string): Promise<void> {
    await Promise.all([this.#sync(directory), this.#syncAbove(directory, root)]);
  }

  /** To be called for a folder that was made or removed. */
  forget(directory: string): void {
    this.#durable.delete(directory);
  }

  async #syncAbove(directory: string, root: string): Promise<void> {
    if (this.#durable.has(directory) || directory === "/") return;
    const above = dirname(directory);
    const pending = [this.#sync(above)];
    if (directory !== root) pending.push(this.#syncAbove(above, root));
    await Promise.all(pending);
    if (this.#durable.size >= KNOWN_MAX) this.#durable.clear();
    this.#durable.add(directory);
  }

  #sync(directory: string): Promise<void> {
    const queued = this.#queued.get(directory);
    if (queued !== undefined) return queued;
    const before = this.#running.get(directory)?.then(
      () => {},
      () => {}, // reported to those who asked for that one
    );
    const next = (before ?? Promise.resolve()).then(async () => {
      this.#queued.delete(directory);
      const running = this.#syncNow(directory);
      this.#running.set(directory, running);
      try {
        await running;
      } finally {
        if (this.#running.get(directory) === running) this.#running.delete(directory);
      }
    });
    this.#queued.set(directory, next);
    return next;
  }

  async #syncNow(directory: string): Promise<void> {
    let fd: number;
    try {
      fd = await this.#calls.open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    } catch (error) {
      // Emptied and removed by others meanwhile; or a folder above the root that may not be read.
      if (isFsError(error, "ENOENT", "ENOTDIR", "EACCES")) return;
      throw error;
    }
    try {
      await this.#calls.fsync(fd);
    } catch (error) {
      // File systems that cannot sync folders say so by EINVAL (fsync(2)).
      if (!isFsError(error, "EINVAL", "ENOTSUP")) throw error;
    } finally {
      await this.#calls.close(fd);
    }
  }
}
