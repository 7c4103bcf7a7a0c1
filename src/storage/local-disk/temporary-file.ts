import { randomBytes } from "node:crypto";
import type { Dirent } from "node:fs";
import { throwIfAborted } from "../../errors.js";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";
import { liveness, processTag } from "./process-owner.js";

const TEMPORARY_PREFIX = ".lode-tmp-";

const HOUR_MS = 3_600_000;
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
 * many. A dead process's lock is broken by the next writer that wants it: see WriteLock.
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
  }
  return removed;
}

/** {@link removeLeftovers} in all folders below; links are not followed. */
export async function removeLeftoversBelow(
  calls: FsCalls,
  root: string,
  signal?: AbortSignal,
): Promise<number> {
  let removed = 0;
  const waiting = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    throwIfAborted(signal, "removeLeftovers");
    const entries = await calls.readdir(next);
    removed += await removeLeftovers(calls, next, entries);
    for (const entry of entries) if (entry.isDirectory()) waiting.push(`${next}/${entry.name}`);
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
