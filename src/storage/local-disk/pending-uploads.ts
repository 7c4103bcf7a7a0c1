import { constants } from "node:fs";
import { crc32c } from "../../core/index.js";
import { LodeError, throwIfAborted } from "../../errors.js";
import type { CallOptions, MultipartOptions, PendingUpload } from "../backend.js";
import type { DataFile } from "./data-io.js";
import { isFsError } from "./fs-error.js";
import { FOLDER_TRIES, type LocalDisk } from "./local-disk.js";
import { isKeySegment, localKey } from "./local-key.js";
import { LocalUpload } from "./local-upload.js";
import type { Place } from "./root-guard.js";
import {
  journalId,
  newUploadId,
  type PartRecord,
  readJournal,
  type UploadHeader,
  UploadJournal,
  type UploadPaths,
  uploadPaths,
} from "./upload-journal.js";

type Fail = (error: unknown, operation: string) => LodeError;

/** Begins an upload in parts: its journal stands beside the object to be. */
export async function startUpload(
  disk: LocalDisk,
  key: string,
  options: MultipartOptions,
  fail: Fail,
): Promise<LocalUpload> {
  const { partSize, mode, contentType, metadata } = options;
  if (partSize !== undefined && (!Number.isSafeInteger(partSize) || partSize < 1)) {
    throw new LodeError({
      code: "invalid-argument",
      message: `part size ${partSize} is not a whole number of bytes`,
    });
  }
  const target = localKey(key);
  for (let tries = 1; ; tries++) {
    const at = disk.place(target);
    try {
      const paths = uploadPaths(at.directory, newUploadId()) as UploadPaths;
      const startedAt = Date.now();
      const { name } = target;
      const facts = { mode, contentType, metadata };
      const header: UploadHeader = { version: 1, name, startedAt, partSize, ...facts };
      const journal = await UploadJournal.create(disk.calls, paths.journal, header);
      return new LocalUpload(disk, { at, paths, header, journal, parts: [] }, fail);
    } catch (error) {
      await disk.tidy(at.directory);
      if (!isFsError(error, "ENOENT") || tries >= FOLDER_TRIES) throw error;
    }
  }
}

/**
 * An upload that an earlier process began. Every part that its journal tells of is read and its CRC32C
 * compared; those that differ are forgotten and must be sent again. Only one process may go on with
 * an upload. Throws `not-found` if it was completed or aborted.
 */
export async function resumeUpload(
  disk: LocalDisk,
  key: string,
  id: string,
  options: MultipartOptions,
  fail: Fail,
): Promise<LocalUpload> {
  const at = disk.guard.find(localKey(key));
  const paths = at === undefined ? undefined : uploadPaths(at.directory, id);
  if (at === undefined || paths === undefined) throw noUpload(key, id);
  const found = await readJournal(disk.calls, paths.journal);
  if (found === undefined || found.header.name !== at.name) throw noUpload(key, id);
  await mustNotBePublished(disk, at, paths, found.parts);
  const header = { ...found.header, ...(options.mode === undefined ? {} : { mode: options.mode }) };
  const parts = await wholeParts(disk, paths, header, found.parts, options.signal);
  const journal = await UploadJournal.open(disk.calls, paths.journal);
  return new LocalUpload(disk, { at, paths, header, journal, parts }, fail);
}

/** All uploads below the folder of `prefix` whose keys begin with it; in no order. */
export async function* listUploads(
  disk: LocalDisk,
  prefix: string,
  options: CallOptions,
): AsyncGenerator<PendingUpload> {
  const folders = prefix.split("/").slice(0, -1);
  if (!folders.every(isKeySegment)) return;
  const path = disk.guard.folder(folders, prefix);
  const base = folders.map((name) => `${name}/`).join("");
  const waiting = path === undefined ? [] : [{ path, base }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    throwIfAborted(options.signal, "listMultiparts");
    for (const entry of await readFolder(disk, next.path)) {
      const id = entry.isFile() ? journalId(entry.name) : undefined;
      if (id !== undefined) {
        const upload = await pendingUpload(disk, next, id);
        if (upload?.key.startsWith(prefix)) yield upload;
      } else if (entry.isDirectory() && isKeySegment(entry.name)) {
        const inner = `${next.base}${entry.name}/`;
        const wanted = inner.startsWith(prefix) || prefix.startsWith(inner);
        if (wanted) waiting.push({ path: `${next.path}/${entry.name}`, base: inner });
      }
    }
  }
}

async function pendingUpload(
  disk: LocalDisk,
  folder: { path: string; base: string },
  id: string,
): Promise<PendingUpload | undefined> {
  const paths = uploadPaths(folder.path, id) as UploadPaths;
  const found = await readJournal(disk.calls, paths.journal);
  if (found === undefined || (await isPublished(disk, paths, found.parts))) return undefined;
  const key = folder.base + found.header.name;
  return { key, id, startedAt: new Date(found.header.startedAt) };
}

async function readFolder(disk: LocalDisk, path: string): Promise<import("node:fs").Dirent[]> {
  try {
    return await disk.calls.readdir(path);
  } catch (error) {
    if (isFsError(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

/** A crash right after publishing leaves the journal: the file is an object now and must not be written to. */
export async function isPublished(
  disk: LocalDisk,
  paths: UploadPaths,
  parts: readonly PartRecord[],
): Promise<boolean> {
  if (!parts.some((part) => part.place === "data")) return false;
  try {
    return (await disk.calls.lstat(paths.data)).nlink > 1n;
  } catch (error) {
    if (isFsError(error, "ENOENT")) return true;
    throw error;
  }
}

async function mustNotBePublished(
  disk: LocalDisk,
  at: Place,
  paths: UploadPaths,
  parts: readonly PartRecord[],
): Promise<void> {
  if (!(await isPublished(disk, paths, parts))) return;
  for (const path of [paths.data, paths.joined, paths.journal]) {
    await disk.calls.unlink(path).catch((error: unknown) => {
      if (!isFsError(error, "ENOENT")) throw error;
    });
  }
  throw noUpload(at.key, paths.id);
}

async function wholeParts(
  disk: LocalDisk,
  paths: UploadPaths,
  header: UploadHeader,
  parts: readonly PartRecord[],
  signal: AbortSignal | undefined,
): Promise<PartRecord[]> {
  const first = parts.find((part) => part.number === 1);
  const partSize = header.partSize ?? first?.size ?? 0;
  const whole: PartRecord[] = [];
  for (const part of parts) {
    throwIfAborted(signal, "resumeMultipart");
    const own = part.place === "own";
    const start = own ? 0 : (part.number - 1) * partSize;
    const crc = await crcOfFile(disk, own ? paths.part(part.number) : paths.data, start, part.size);
    if (crc === part.crc32c) whole.push(part);
  }
  return whole;
}

async function crcOfFile(
  disk: LocalDisk,
  path: string,
  start: number,
  size: number,
): Promise<number | undefined> {
  let file: DataFile;
  try {
    file = await disk.io.open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isFsError(error, "ENOENT")) return undefined;
    throw error;
  }
  const chunks = file.chunks(start, start + size);
  let crc = 0;
  let length = 0;
  try {
    for (let chunk = await chunks.next(); chunk !== undefined; chunk = await chunks.next()) {
      crc = crc32c(chunk, crc);
      length += chunk.byteLength;
    }
  } finally {
    await chunks.close();
    await file.close();
  }
  return length === size ? crc : undefined;
}

function noUpload(key: string, id: string): LodeError {
  return new LodeError({
    code: "not-found",
    message: `there is no upload ${JSON.stringify(id)} of ${JSON.stringify(key)}: it was completed or aborted, or never begun`,
    details: { key, id },
  });
}
