import { invalidKey } from "../../core/index.js";
import type { WriteMode } from "../backend.js";
import type { DataIo } from "./data-io.js";
import { DirectorySync } from "./directory-sync.js";
import { removeEmptyFolders } from "./empty-folders.js";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";
import type { LocalKey } from "./local-key.js";
import { contentTag } from "./object-version.js";
import { Publisher, type Unpublished } from "./publisher.js";
import { type Place, RootGuard } from "./root-guard.js";
import { type SidecarFacts, Sidecars } from "./sidecars.js";
import type { OnWarning } from "./store-errors.js";
import { removeLeftovers } from "./temporary-file.js";
import { WriteLock } from "./write-lock.js";

/**
 * `full`: an object and its name are on the disk before success is told. `none`: they are as safe as
 * the operating system's cache; a power failure may lose or empty them.
 */
export type SyncMode = "full" | "none";

export interface LocalDiskOptions {
  readonly root: string;
  readonly sync: SyncMode;
  readonly sidecar: boolean;
  readonly removeEmptyFolders: boolean;
  readonly createRoot: boolean;
  readonly calls: FsCalls;
  readonly io: DataIo;
  readonly onWarning: OnWarning;
}

/** Tries to make or use a folder that others keep removing because they emptied it. */
export const FOLDER_TRIES = 100;

/** What the parts of one local store share. */
export class LocalDisk {
  readonly root: string;
  readonly sync: SyncMode;
  readonly calls: FsCalls;
  readonly io: DataIo;
  readonly onWarning: OnWarning;
  readonly guard: RootGuard;
  readonly lock: WriteLock;
  readonly directorySync: DirectorySync;
  readonly publisher: Publisher;
  readonly sidecars: Sidecars | undefined;
  readonly #removeEmpty: boolean;
  readonly #swept = new Set<string>();
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: LocalDiskOptions) {
    const { calls, root, sync, onWarning } = options;
    this.root = root;
    this.sync = sync;
    this.calls = calls;
    this.io = options.io;
    this.onWarning = onWarning;
    this.guard = new RootGuard(calls, root, options.createRoot);
    this.lock = new WriteLock(calls);
    this.directorySync = new DirectorySync(calls);
    this.publisher = new Publisher(calls, this.guard, this.lock, sync === "full", onWarning);
    this.sidecars = options.sidecar ? new Sidecars(calls, sync === "full") : undefined;
    this.#removeEmpty = options.removeEmptyFolders;
  }

  /** The root without links; throws where it does not exist. */
  realRoot(): string {
    return this.calls.realpathSync(this.root);
  }

  /** Where to write a key; folders are made, and swept of what dead processes left in them. */
  place(key: LocalKey): Place {
    const at = this.#make(key);
    if (at.made) {
      this.directorySync.forget(at.directory);
      this.#swept.add(at.directory);
    }
    this.#sweep(at.directory);
    return at;
  }

  /** Others may remove a folder as soon as they see it empty: it is made again. */
  #make(key: LocalKey): ReturnType<RootGuard["make"]> {
    for (let tries = 1; ; tries++) {
      try {
        return this.guard.make(key);
      } catch (error) {
        if (!isFsError(error, "ENOENT")) throw error;
        if (tries >= FOLDER_TRIES) {
          throw invalidKey(key.key, "a folder in its path is a link that leads nowhere");
        }
      }
    }
  }

  /**
   * Publishes a file together with its content type and metadata, where they are kept. A sidecar that
   * describes nothing any more, the old object's or that of a failed write, is removed.
   */
  async publish(
    file: Unpublished,
    at: Place,
    facts: SidecarFacts,
    mode: WriteMode,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const { publisher, sidecars } = this;
    if (sidecars === undefined) return publisher.publish(file, at, mode, signal);
    const tag = contentTag(file.stats);
    const before = await publisher.current(at);
    let etag: string;
    try {
      await sidecars.write(at, tag, facts);
      etag = await publisher.publish(file, at, mode, signal);
    } catch (error) {
      await this.#removeSidecar(sidecars, at, tag);
      throw error;
    }
    if (before !== undefined) await this.#removeSidecar(sidecars, at, contentTag(before));
    return etag;
  }

  /** Unless it is the present object's. What cannot be removed does no harm and is told as a warning. */
  async #removeSidecar(sidecars: Sidecars, at: Place, tag: string): Promise<void> {
    try {
      const now = await this.publisher.current(at);
      if (now === undefined || contentTag(now) !== tag) await sidecars.remove(at, tag);
    } catch (error) {
      this.onWarning({
        code: "leftover",
        message: `the old metadata of ${at.path} could not be removed: ${String(error)}`,
      });
    }
  }

  /** Makes a name in the folder durable, where the store syncs. */
  async syncEntry(directory: string): Promise<void> {
    if (this.sync === "full") await this.directorySync.syncEntry(directory, this.realRoot());
  }

  /** Removes the folder and those above it while they are empty, if the store is to do so. */
  async tidy(directory: string): Promise<void> {
    if (!this.#removeEmpty) return;
    await removeEmptyFolders(this.calls, this.directorySync, directory, this.realRoot());
  }

  /** Returns when nothing runs in the background any more. */
  async close(): Promise<void> {
    await this.#sweeping;
    this.io.close();
  }

  /** Once for each folder that was there before, in the background, one folder after the other. */
  #sweep(directory: string): void {
    if (this.#swept.has(directory)) return;
    if (this.#swept.size > 16_384) this.#swept.clear();
    this.#swept.add(directory);
    this.#sweeping = this.#sweeping
      .then(() => removeLeftovers(this.calls, directory))
      .then(
        () => {},
        (error: unknown) => {
          this.onWarning({
            code: "leftover",
            message: `old temporary files in ${directory} could not be removed: ${String(error)}`,
          });
        },
      );
  }
}
