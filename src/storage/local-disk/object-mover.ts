import { type LodeError, throwIfAborted } from "../../errors.js";
import type { CopyOptions, DeleteResult, WriteResult } from "../backend.js";
import { isFsError } from "./fs-error.js";
import { FOLDER_TRIES, type LocalDisk } from "./local-disk.js";
import { localKey } from "./local-key.js";
import type { ObjectReader } from "./object-reader.js";
import { contentTag, etagOf } from "./object-version.js";
import type { ObjectWriter } from "./object-writer.js";
import type { Place } from "./root-guard.js";
import { changedWhileRead, versionDiffers } from "./store-errors.js";

const DELETES_AT_ONCE = 16;
const COPY_TRIES = 5;

/** Verbs on whole objects that move no bytes through the process: copy, rename, delete. */
export class ObjectMover {
  readonly #disk: LocalDisk;
  readonly #reader: ObjectReader;
  readonly #writer: ObjectWriter;

  constructor(disk: LocalDisk, reader: ObjectReader, writer: ObjectWriter) {
    this.#disk = disk;
    this.#reader = reader;
    this.#writer = writer;
  }

  /** A source that is replaced meanwhile is copied anew; one that must be a certain version is an error. */
  async copy(from: string, to: string, options: CopyOptions): Promise<WriteResult> {
    for (let tries = 1; ; tries++) {
      const { path, at, stats } = await this.#reader.source(from);
      mustBe(from, etagOf(stats), options.sourceIfMatch);
      const facts = await this.#disk.sidecars?.read(at, contentTag(stats));
      const { publisher } = this.#disk;
      const unchanged = async (): Promise<void> => {
        const now = await publisher.current(at);
        if (now === undefined || etagOf(now) !== etagOf(stats)) throw changedWhileRead(from);
      };
      try {
        return await this.#writer.copy(path, to, { ...facts, ...defined(options) }, unchanged);
      } catch (error) {
        const changed = (error as LodeError).details?.key === from;
        if (!changed || !isRetried(error) || tries >= COPY_TRIES) throw error;
      }
    }
  }

  async rename(from: string, to: string, options: CopyOptions): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#rename(from, to, options);
      } catch (error) {
        // The target's folder was removed by whoever emptied it; a missing source is told as LodeError.
        if (!isFsError(error, "ENOENT") || tries >= FOLDER_TRIES) throw error;
      }
    }
  }

  async #rename(from: string, to: string, options: CopyOptions): Promise<void> {
    const { at, stats } = await this.#reader.source(from);
    mustBe(from, etagOf(stats), options.sourceIfMatch);
    if (from === to) return;
    const { sidecars } = this.#disk;
    const target = this.#disk.place(localKey(to));
    try {
      const tag = contentTag(stats);
      const facts = await sidecars?.read(at, tag);
      const mode = options.mode ?? "overwrite";
      const file = { path: at.path, stats };
      await this.#disk.publish(file, target, facts ?? {}, mode, options.signal);
      if (facts !== undefined) await sidecars?.remove(at, tag);
      await this.#disk.syncEntry(target.directory);
      if (at.directory !== target.directory) await this.#disk.syncEntry(at.directory);
    } finally {
      await this.#disk.tidy(target.directory);
      await this.#disk.tidy(at.directory);
    }
  }

  async deleteMany(
    keys: readonly string[],
    signal: AbortSignal | undefined,
    fail: (error: unknown, key: string) => LodeError,
  ): Promise<DeleteResult[]> {
    const results = new Array<DeleteResult>(keys.length);
    const touched = new Set<string>();
    let next = 0;
    const work = async (): Promise<void> => {
      for (let index = next++; index < keys.length; index = next++) {
        throwIfAborted(signal, "deleteMany");
        const key = keys[index] as string;
        try {
          const directory = await this.#delete(key, signal);
          if (directory !== undefined) touched.add(directory);
          results[index] = { key };
        } catch (error) {
          results[index] = { key, error: fail(error, key) };
        }
      }
    };
    const workers = Math.min(DELETES_AT_ONCE, keys.length);
    const done = await Promise.allSettled(Array.from({ length: workers }, work));
    await this.#afterDelete(touched);
    const failed = done.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return results;
  }

  /** The folder that an object was removed from; undefined if there was none. */
  async #delete(key: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    const at = this.#disk.guard.find(localKey(key));
    if (at === undefined) return undefined;
    const { lock, sync } = this.#disk;
    try {
      const unlink = (): Promise<boolean> => this.#unlink(at);
      const removed = await (sync === "full"
        ? lock.run(at, unlink, signal)
        : lock.runLocally(at, unlink));
      return removed ? at.directory : undefined;
    } catch (error) {
      if (isFsError(error, "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
  }

  async #unlink(at: Place): Promise<boolean> {
    const { calls, sidecars } = this.#disk;
    const stats = await calls.lstat(at.path);
    // A folder is no object: its key names nothing.
    if (stats.isDirectory()) return false;
    this.#disk.guard.recheck(at);
    await calls.unlink(at.path);
    await sidecars?.remove(at, contentTag(stats));
    return true;
  }

  async #afterDelete(directories: ReadonlySet<string>): Promise<void> {
    await Promise.all([...directories].map((directory) => this.#disk.syncEntry(directory)));
    for (const directory of directories) await this.#disk.tidy(directory);
  }
}

function mustBe(key: string, etag: string, wanted: string | undefined): void {
  if (wanted !== undefined && wanted !== etag) throw versionDiffers(key, wanted, etag);
}

function isRetried(error: unknown): boolean {
  return (error as LodeError).retry === "safe";
}

function defined<T extends object>(options: T): Partial<T> {
  const entries = Object.entries(options).filter((entry) => entry[1] !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
