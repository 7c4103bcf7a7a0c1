import type { Dirent } from "node:fs";
import { throwIfAborted } from "../../errors.js";
import { isFsError } from "./fs-error.js";
import type { LocalDisk } from "./local-disk.js";
import { isPublished } from "./pending-uploads.js";
import { HOUR_MS, removeLeftovers } from "./temporary-file.js";
import {
  journalId,
  readJournal,
  UPLOAD_PREFIX,
  type UploadPaths,
  uploadPaths,
} from "./upload-journal.js";

/**
 * Removes what crashes left in all folders below the root: temporary files and locks of dead processes, and
 * files of uploads that were published or that never got a journal. Links are not followed; uploads that can be
 * resumed stay. Returns how many files.
 */
export async function cleanUp(disk: LocalDisk, signal: AbortSignal | undefined): Promise<number> {
  let removed = 0;
  const waiting = [disk.realRoot()];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    throwIfAborted(signal, "removeLeftovers");
    const entries = await disk.calls.readdir(next);
    removed += await removeLeftovers(disk.calls, next, entries);
    removed += await removeDeadUploads(disk, next, entries);
    for (const entry of entries) if (entry.isDirectory()) waiting.push(`${next}/${entry.name}`);
  }
  return removed;
}

async function removeDeadUploads(
  disk: LocalDisk,
  directory: string,
  entries: readonly Dirent[],
): Promise<number> {
  const own = entries.map((entry) => entry.name).filter((name) => name.startsWith(UPLOAD_PREFIX));
  const ids = new Set(own.map((name) => journalId(name.split(".").slice(0, 2).join("."))));
  let removed = 0;
  for (const id of ids) {
    const paths = id === undefined ? undefined : uploadPaths(directory, id);
    if (paths === undefined || !(await isDead(disk, paths))) continue;
    const names = own.filter((name) => name.startsWith(UPLOAD_PREFIX + id));
    // The journal, whose name is the shortest, goes last.
    for (const name of names.sort((a, b) => b.length - a.length)) {
      if (await removeOld(disk, `${directory}/${name}`)) removed += 1;
    }
  }
  return removed;
}

async function isDead(disk: LocalDisk, paths: UploadPaths): Promise<boolean> {
  const found = await readJournal(disk.calls, paths.journal);
  return found === undefined || (await isPublished(disk, paths, found.parts));
}

async function removeOld(disk: LocalDisk, path: string): Promise<boolean> {
  try {
    const stats = await disk.calls.lstat(path);
    if (Date.now() - Number(stats.mtimeMs) < HOUR_MS) return false;
    await disk.calls.unlink(path);
    return true;
  } catch (error) {
    if (isFsError(error, "ENOENT")) return false;
    throw error;
  }
}
