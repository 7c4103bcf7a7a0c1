import { createHash, randomBytes } from "node:crypto";
import { close, fsync, open as openCallback, write } from "node:fs";
import {
  chmod,
  lstat,
  mkdir,
  open,
  readlink,
  realpath,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { forEachConcurrently } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import { atPath, errorName } from "./local-error.js";
import { openStableFile } from "./stable-file.js";
import type { TreeFile, TreeLink } from "./tree-entry.js";

/** What is at the place of an entry: nothing, the same as it, or something else. */
export type Found = "nothing" | "same" | "other";

const OWNER_MAY_RUN = 0o100;

// Without a `FileHandle` for each, small files take half of the time.
const openDescriptor = promisify(openCallback);
const writeDescriptor = promisify(write);
const syncDescriptor = promisify(fsync);
const closeDescriptor = promisify(close);

const FOLDERS_AT_A_TIME = 16;

/** A folder of the local disk into which entries of a tree are written, and out of which no path leads. */
export class TargetFolder {
  readonly #root: string;
  /** In which the folder was made, and those that it is in. */
  readonly #above: readonly string[];
  readonly #syncs: boolean;
  /** Folders that are known to be real ones, by their paths in the tree. */
  readonly #folders = new Map<string, Promise<void>>([["", Promise.resolve()]]);
  /** Those that were made here: nothing is in them but what was written here. */
  readonly #made = new Set<string>();

  /** Makes the folder if it is missing. With `syncs`, what a file has is on the disk before the file appears. */
  static async open(path: string, syncs = true): Promise<TargetFolder> {
    const full = resolve(path);
    return atPath("restore", path, async () => {
      const first = await mkdir(full, { recursive: true });
      const above: string[] = [];
      const end = first === undefined ? full : dirname(first);
      for (let at = full; at !== end; at = dirname(at)) above.push(dirname(at));
      return new TargetFolder(await realpath(full), above, syncs);
    });
  }

  private constructor(root: string, above: readonly string[], syncs: boolean) {
    this.#root = root;
    this.#above = above;
    this.#syncs = syncs;
  }

  /** Makes a folder and those that it is in. Throws `already-exists` for one that is a link or a file. */
  folder(path: string): Promise<void> {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const made = this.folder(parentOf(path)).then(() => this.#makeFolder(path));
    this.#folders.set(path, made);
    return made;
  }

  async #makeFolder(path: string): Promise<void> {
    const location = this.#locate(path);
    await atPath("restore", location, async () => {
      try {
        await mkdir(location);
        this.#made.add(path);
      } catch (error) {
        if (errorName(error) !== "EEXIST") throw error;
        // `stat` would follow a link out of the target.
        if (!(await lstat(location)).isDirectory()) throw inTheWay(location, "no folder");
      }
    });
  }

  async findFile(file: TreeFile, signal?: AbortSignal): Promise<Found> {
    const location = await this.#placeOf(file.path);
    if (this.#made.has(parentOf(file.path))) return "nothing";
    const stats = await lstatIfThere(location);
    if (stats === undefined) return "nothing";
    if (!stats.isFile() || stats.size !== file.size) return "other";
    await using there = await openStableFile(location);
    const hash = createHash("sha256");
    for await (const piece of there.pieces(signal)) hash.update(piece);
    if (hash.digest("hex") !== file.sha256) return "other";
    const bits = file.executable ? 0o111 : 0;
    if (((stats.mode & OWNER_MAY_RUN) !== 0) !== file.executable) {
      await atPath("restore", location, () => chmod(location, (stats.mode & ~0o111) | bits));
    }
    return "same";
  }

  async findLink(link: TreeLink): Promise<Found> {
    const location = await this.#placeOf(link.path);
    const stats = await lstatIfThere(location);
    if (stats === undefined) return "nothing";
    if (!stats.isSymbolicLink()) return "other";
    const target = await atPath("restore", location, () => readlink(location));
    return target === link.target ? "same" : "other";
  }

  /** Puts a file in its place, whole; what is there but a folder is replaced. Throws `integrity` for other bytes. */
  async write(file: TreeFile, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const location = await this.#placeOf(file.path);
    await this.#publish(location, async (temporary) => {
      const handle = await open(temporary, "wx", modeOf(file));
      try {
        const hash = createHash("sha256");
        for await (const piece of pieces) {
          hash.update(piece);
          await writeAll(handle.fd, piece);
        }
        if (hash.digest("hex") !== file.sha256) throw wrongBytes(file);
        if (this.#syncs) await handle.sync();
      } finally {
        await handle.close();
      }
    });
  }

  /** The same with all bytes in memory. */
  async writeBytes(file: TreeFile, bytes: Uint8Array): Promise<void> {
    const location = await this.#placeOf(file.path);
    if (createHash("sha256").update(bytes).digest("hex") !== file.sha256) throw wrongBytes(file);
    await this.#publish(location, async (temporary) => {
      const descriptor = await openDescriptor(temporary, "wx", modeOf(file));
      try {
        await writeAll(descriptor, bytes);
        if (this.#syncs) await syncDescriptor(descriptor);
      } finally {
        await closeDescriptor(descriptor);
      }
    });
  }

  /** Puts a link in its place. */
  async link({ path, target }: TreeLink): Promise<void> {
    const location = await this.#placeOf(path);
    await this.#publish(location, (temporary) => symlink(target, temporary));
  }

  /** The names of all that was written are on the disk then too. */
  async sync(signal?: AbortSignal): Promise<void> {
    // Windows cannot sync folders.
    if (!this.#syncs || sep !== "/") return;
    const folders = [...this.#folders.keys()].map((path) => this.#locate(path));
    const all = [...folders, ...this.#above];
    await forEachConcurrently(all, FOLDERS_AT_A_TIME, signal, (folder) =>
      atPath("restore", folder, () => syncFolder(folder)),
    );
  }

  async #publish(location: string, make: (temporary: string) => Promise<void>): Promise<void> {
    const folder = location.slice(0, location.lastIndexOf("/"));
    const temporary = `${folder}/.lode-restore-${randomBytes(8).toString("hex")}`;
    await atPath("restore", location, async () => {
      try {
        await make(temporary);
        await rename(temporary, location);
      } catch (error) {
        await rm(temporary, { force: true });
        const folderThere = ["EISDIR", "ENOTEMPTY", "ENOTDIR"].includes(errorName(error));
        throw folderThere ? inTheWay(location, "a folder") : error;
      }
    });
  }

  /** Where an entry is to be; the folders that it is in are there then. */
  async #placeOf(path: string): Promise<string> {
    await this.folder(parentOf(path));
    return this.#locate(path);
  }

  #locate(path: string): string {
    if (sep === "/" || !/[\\:]/.test(path)) return `${this.#root}/${path}`;
    throw new LodeError({
      code: "unsupported",
      message: `${JSON.stringify(path)} cannot be a path on Windows; restore without it by \`include\``,
    });
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } catch (error) {
    // File systems that cannot sync folders say so by EINVAL (fsync(2)).
    if (errorName(error) !== "EINVAL") throw error;
  } finally {
    await handle.close();
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

async function lstatIfThere(location: string) {
  try {
    return await lstat(location);
  } catch (error) {
    if (errorName(error) === "ENOENT") return undefined;
    return atPath("restore", location, () => Promise.reject(error));
  }
}

async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await writeDescriptor(
      descriptor,
      bytes,
      written,
      bytes.length - written,
      null,
    );
    written += bytesWritten;
  }
}

function modeOf({ executable }: TreeFile): number {
  return executable ? 0o777 : 0o666;
}

function inTheWay(location: string, what: string): LodeError {
  return new LodeError({
    code: "already-exists",
    message: `${location} is ${what} and is in the way; move it away or restore to another folder`,
    uri: location,
  });
}

function wrongBytes({ path, sha256 }: TreeFile): LodeError {
  return new LodeError({
    code: "integrity",
    message: `the stored bytes of ${JSON.stringify(path)} do not have the SHA-256 ${sha256} that the tree names; verify the store`,
    details: { path, blob: sha256 },
  });
}
