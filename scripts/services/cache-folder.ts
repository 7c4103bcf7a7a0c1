import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";

const TEMPORARY_MARK = ".partial-";
const STALE_AFTER_MS = 24 * 60 * 60 * 1000;

/** `$XDG_CACHE_HOME/lodestore/services`, by default below `~/.cache`. */
export function cacheFolder(): string {
  // The XDG base directory specification says that an empty or relative value is to be ignored.
  const configured = process.env.XDG_CACHE_HOME;
  const base = configured?.startsWith("/") ? configured : join(homedir(), ".cache");
  return join(base, "lodestore", "services");
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

/**
 * Makes `target` appear complete or not at all: `fill` works in a temporary folder beside it, which
 * is renamed at the end. An interrupted fill is therefore never taken for a finished one, and of two
 * that run at once the first wins.
 */
export async function publishFolder(
  target: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  if (await exists(target)) return;
  await mkdir(dirname(target), { recursive: true });
  await removeStale(target);
  const folder = await mkdtemp(`${target}${TEMPORARY_MARK}`);
  try {
    await fill(folder);
    await rename(folder, target).catch((error: unknown) => {
      if (!isErrno(error, "ENOTEMPTY", "EEXIST")) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A killed fill cannot remove its own folder; one that is a day old is nobody's work any more. */
async function removeStale(target: string): Promise<void> {
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(`${basename(target)}${TEMPORARY_MARK}`)) continue;
    const path = join(dirname(target), name);
    const age = await ageOf(path);
    if (age > STALE_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}

async function ageOf(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    // Its owner finished and renamed it after it was listed.
    if (isErrno(error, "ENOENT")) return 0;
    throw error;
  }
}

export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
