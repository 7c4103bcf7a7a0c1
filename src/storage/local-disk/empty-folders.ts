import { dirname } from "node:path";
import type { DirectorySync } from "./directory-sync.js";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";
import { SIDECAR_FOLDER } from "./sidecars.js";

/**
 * Removes `directory` and the folders above it as long as they are empty, up to the root, which
 * stays: in an object store a prefix is gone with its last object. A put that is about to use one of
 * them finds it missing and makes it again.
 */
export async function removeEmptyFolders(
  calls: FsCalls,
  sync: DirectorySync,
  directory: string,
  root: string,
): Promise<void> {
  for (let at = directory; at !== root && at.length > root.length; at = dirname(at)) {
    if (!(await removeIfEmpty(calls, at))) return;
    sync.forget(at);
  }
}

async function removeIfEmpty(calls: FsCalls, directory: string): Promise<boolean> {
  if (await tryRemove(calls, directory)) return true;
  // What is left may be no more than the empty folder of the sidecars.
  return (
    (await tryRemove(calls, `${directory}/${SIDECAR_FOLDER}`)) &&
    (await tryRemove(calls, directory))
  );
}

async function tryRemove(calls: FsCalls, directory: string): Promise<boolean> {
  try {
    await calls.rmdir(directory);
    return true;
  } catch (error) {
    // Not empty; gone already; a mount point; or a folder that this user may not remove: it stays.
    const stays = ["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR", "EBUSY", "EACCES", "EPERM", "EROFS"];
    if (isFsError(error, ...stays)) return false;
    throw error;
  }
}
