import { randomBytes } from "node:crypto";
import type { Dirent } from "node:fs";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";
import { liveness, processTag } from "./process-owner.js";
import { BREAKER, breakIfDead, LOCK_PREFIX } from "./write-lock.js";

const TEMPORARY_PREFIX = ".lode-tmp-";

export const HOUR_MS = 3_600_000;
/** After this long also the files of processes that cannot be judged are taken for dead. */
const WEEK_MS = 7 * 24 * HOUR_MS;

const run = randomBytes(4).toString("hex");
let count = 0;

/** A new name beside the target, on the same file system, that tells which process made it. */
export function temporaryPath(directory: string): string {
  count += 1;
  return `${directory}/${TEMPORARY_PREFIX}${processTag()}-${run}-${count.toString(36)}`;
}

/**
 * Removes from one folder the temporary files that dead processes left behind more than an hour ago;
 * those of living ones never, those of other machines after a week without a change. Returns how
 * many.
 */
export async function removeLeftovers(
  calls: FsCalls,
  directory: string,
  entries?: readonly Dirent[],
): Promise<number> {
  let removed = 0;
  for (const { name } of entries ?? (await calls.readdir(directory))) {
    const path = `${directory}/${name}`;
    if (name.startsWith(TEMPORARY_PREFIX) && (await removeIfDead(calls, path, name))) removed += 1;
    if (name.startsWith(LOCK_PREFIX) && !name.endsWith(BREAKER) && breakIfDead(calls, path)) {
      removed += 1;
    }
  }
  return removed;
}

async function removeIfDead(calls: FsCalls, path: string, name: string): Promise<boolean> {
  try {
    const stats = await calls.lstat(path);
    const age = Date.now() - Number(stats.mtimeMs);
    if (age < HOUR_MS) return false;
    if (!stats.isFile()) return false;
    const tag = name.slice(TEMPORARY_PREFIX.length).split("-")[0] ?? "";
    const state = liveness(tag);
    if (state === "alive" || (state === "unknown" && age < WEEK_MS)) return false;
    await calls.unlink(path);
    return true;
  } catch (error) {
    if (isFsError(error, "ENOENT")) return false;
    throw error;
  }
}
