import { lstat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { sideBySide } from "../../core/index.js";
import { throwIfAborted } from "../../errors.js";
import { isFsError } from "../../storage/local-disk/index.js";
import { isShard, parseEntry } from "./entry-name.js";
import { namesIn } from "./incoming.js";

const STATS = 16;
/** What a file system gives to a file at least, and in steps of. */
const DISK_BLOCK = 4096;

/** An entry on the disk. */
export interface EntryFile {
  readonly path: string;
  /** That it takes on the disk. */
  readonly bytes: number;
  /** To a minute, in milliseconds since 1970. */
  readonly usedAt: number;
}

/** What a file of so many bytes takes on the disk. */
export function diskBytes(fileBytes: number): number {
  return Math.ceil(fileBytes / DISK_BLOCK) * DISK_BLOCK;
}

/** All entries in a folder of the cache; other files are not looked at. */
export async function entryFiles(folder: string, signal?: AbortSignal): Promise<EntryFile[]> {
  const files: EntryFile[] = [];
  for (const shard of (await namesIn(folder)).filter(isShard)) {
    throwIfAborted(signal, "list");
    const path = join(folder, shard);
    const names = (await namesIn(path)).filter((name) => parseEntry(shard, name) !== undefined);
    const found = await sideBySide(names, STATS, undefined, (name) => entryFile(join(path, name)));
    for (const file of found) if (file !== undefined) files.push(file);
  }
  return files;
}

async function entryFile(path: string): Promise<EntryFile | undefined> {
  try {
    const { size, mtimeMs } = await lstat(path);
    return { path, bytes: diskBytes(size), usedAt: mtimeMs };
  } catch (error) {
    if (isFsError(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Those that were used longest ago, without which the others take `bytes` at most. */
export function longestUnused(files: readonly EntryFile[], bytes: number): EntryFile[] {
  let left = files.reduce((sum, file) => sum + file.bytes, 0);
  const chosen: EntryFile[] = [];
  for (const file of files.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if (left <= bytes) break;
    left -= file.bytes;
    chosen.push(file);
  }
  return chosen;
}

/** Another process may have been faster. */
export async function removeEntry(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isFsError(error, "ENOENT")) throw error;
  }
}
