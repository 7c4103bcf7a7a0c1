import { dirname, join } from "node:path";
import { LodeError, throwIfAborted } from "../../errors.js";
import type { CallOptions, ContainerInfo } from "../backend.js";
import { isFsError } from "./fs-error.js";
import type { LocalDisk } from "./local-disk.js";
import { isKeySegment } from "./local-key.js";
import { SIDECAR_FOLDER } from "./sidecars.js";

/** Makes the store's root with all folders above it. Throws `already-exists`. */
export async function createFolder(disk: LocalDisk): Promise<void> {
  await disk.syncEntry(disk.guard.makeRoot());
}

/** Removes the empty root. Throws `not-found`, or `precondition-failed` if anything is in it. */
export async function deleteFolder(disk: LocalDisk): Promise<void> {
  const { calls, root } = disk;
  try {
    await removeFolder(disk, root);
  } catch (error) {
    if (isFsError(error, "ENOENT")) {
      throw new LodeError({ code: "not-found", message: `the folder ${root} does not exist` });
    }
    if (!isFsError(error, "ENOTEMPTY", "EEXIST")) throw error;
    const entries = (await calls.readdir(root)).map((entry) => entry.name);
    const hidden = entries.every((name) => !isKeySegment(name));
    throw new LodeError({
      code: "precondition-failed",
      message: hidden
        ? `the folder ${root} holds unfinished uploads (${entries.length} hidden files); abort them, then delete it`
        : `the folder ${root} is not empty; delete its objects first`,
      details: { entries: entries.length },
    });
  }
}

/** The folders beside the root, itself among them, by name: the containers of the same "account". */
export async function* listFolders(
  disk: LocalDisk,
  options: CallOptions,
): AsyncGenerator<ContainerInfo> {
  const { calls } = disk;
  const above = dirname(disk.root);
  const entries = await calls.readdir(above);
  const folders = entries.filter((entry) => entry.isDirectory() && isKeySegment(entry.name));
  for (const name of folders.map((entry) => entry.name).sort()) {
    throwIfAborted(options.signal, "listContainers");
    try {
      const { birthtimeMs } = await calls.lstat(join(above, name));
      yield birthtimeMs > 0n ? { name, createdAt: new Date(Number(birthtimeMs)) } : { name };
    } catch (error) {
      if (!isFsError(error, "ENOENT")) throw error; // removed meanwhile
    }
  }
}

async function removeFolder(disk: LocalDisk, root: string): Promise<void> {
  const { calls } = disk;
  try {
    await calls.rmdir(root);
  } catch (error) {
    if (!isFsError(error, "ENOTEMPTY", "EEXIST")) throw error;
    try {
      await calls.rmdir(`${root}/${SIDECAR_FOLDER}`);
    } catch (inner) {
      if (isFsError(inner, "ENOENT", "ENOTEMPTY", "EEXIST")) throw error;
      throw inner;
    }
    await calls.rmdir(root);
  }
}
