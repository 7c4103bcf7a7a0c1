import type { Dirent } from "node:fs";
import { lstat, readdir, readlink, realpath } from "node:fs/promises";
import { compareKeys, inOrder } from "../../core/index.js";
import { LodeError, throwIfAborted } from "../../errors.js";
import { type FileStamp, stampOf } from "./file-stamp.js";
import { atPath } from "./local-error.js";
import { linkRefusal, type TreeFolder, type TreeLink } from "./tree-entry.js";

/** A file as it was found, not read yet. */
export interface LocalFile {
  readonly kind: "file";
  /** Below the tree's folder. */
  readonly path: string;
  /** On the disk. */
  readonly location: string;
  readonly executable: boolean;
  readonly stamp: FileStamp;
}

export type LocalEntry = LocalFile | TreeFolder | TreeLink;

export interface LocalTree {
  /** The folder without links in its path. */
  readonly root: string;
  /** In order of their paths' bytes. */
  readonly entries: readonly LocalEntry[];
  /** Before the first of them was looked at, in milliseconds since 1970. */
  readonly seenAt: number;
}

const STATS_AT_A_TIME = 32;
const OWNER_MAY_RUN = 0o100n;

/**
 * Everything below a folder. Throws `invalid-argument` for a name that is not UTF-8, for a device, socket or pipe, and
 * for a link that leads out of the folder.
 */
export async function walkTree(path: string, signal?: AbortSignal): Promise<LocalTree> {
  const seenAt = Date.now();
  const root = await atPath("read", path, () => realpath(path));
  const entries: LocalEntry[] = [];
  const folders = [""];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    throwIfAborted(signal, "read");
    const within = folder;
    const names = await listFolder(root, within);
    if (names.length === 0 && within !== "") entries.push({ kind: "directory", path: within });
    const found = inOrder(names, STATS_AT_A_TIME, signal, (name) => entryOf(root, within, name));
    for await (const entry of found) {
      if (typeof entry === "string") folders.push(entry);
      else entries.push(entry);
    }
  }
  entries.sort((a, b) => compareKeys(a.path, b.path));
  return { root, entries, seenAt };
}

async function listFolder(root: string, folder: string): Promise<Dirent<Buffer>[]> {
  const location = locate(root, folder);
  return atPath("read", location, () =>
    readdir(location, { withFileTypes: true, encoding: "buffer" }),
  );
}

/** The entry of a name in a folder; of a folder only its path. */
async function entryOf(
  root: string,
  folder: string,
  dirent: Dirent<Buffer>,
): Promise<LocalEntry | string> {
  const name = dirent.name.toString("utf8");
  const path = folder === "" ? name : `${folder}/${name}`;
  if (!Buffer.from(name, "utf8").equals(dirent.name)) throw refused(path, "its name is not UTF-8");
  if (dirent.isDirectory()) return path;
  const location = locate(root, path);
  if (dirent.isSymbolicLink()) {
    const target = await atPath("read", location, () => readlink(location, { encoding: "buffer" }));
    const text = target.toString("utf8");
    const why = Buffer.from(text, "utf8").equals(target)
      ? linkRefusal(path, text)
      : "its target is not UTF-8";
    if (why !== undefined) throw refused(path, why);
    return { kind: "link", path, target: text };
  }
  if (!dirent.isFile()) throw refused(path, "it is a device, a socket or a pipe");
  const stats = await atPath("read", location, () => lstat(location, { bigint: true }));
  // What is no file any more is found out when it is read.
  const executable = (stats.mode & OWNER_MAY_RUN) !== 0n;
  return { kind: "file", path, location, executable, stamp: stampOf(stats) };
}

function locate(root: string, path: string): string {
  return path === "" ? root : `${root}/${path}`;
}

function refused(path: string, why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(path)} of the folder cannot be stored: ${why}; take it out of the folder`,
    details: { path },
  });
}
