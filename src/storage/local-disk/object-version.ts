import type { BigIntStats } from "node:fs";
import type { ObjectMeta } from "../backend.js";
import type { FsCalls } from "./fs-calls.js";
import { isFsError } from "./fs-error.js";

/**
 * The etag of a file: inode, size, time of modification and of change, in base 36. It changes with
 * every write of ours (each has its own inode and a time of its own, see {@link stampFile}) and with
 * writes of others as far as the file system's clock tells them apart: a program that changes a file in
 * place twice within one tick (1-4 ms) without changing its size is not noticed. It also changes when
 * a file is only renamed, linked or has its permissions changed.
 */
export function etagOf(stats: BigIntStats): string {
  return [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs]
    .map((number) => number.toString(36))
    .join("-");
}

/**
 * What stays the same from the moment a file was written to its end, through renames and links:
 * inode, size, time of modification.
 */
export function contentTag(stats: BigIntStats): string {
  return [stats.ino, stats.size, stats.mtimeNs].map((number) => number.toString(36)).join("-");
}

/** True if both are of the same content: the comparison of two {@link contentTag}s without their text. */
export function isSameContent(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

export function metaOf(key: string, stats: BigIntStats): ObjectMeta {
  return {
    key,
    size: Number(stats.size),
    etag: etagOf(stats),
    lastModified: new Date(Number(stats.mtimeMs)),
  };
}

/**
 * Gives a finished file a time of modification that no other file has. The file system's own clock
 * ticks only every few milliseconds and inode numbers are used again at once, so that without it
 * a version could get the etag of the one before the last. Within a millisecond of the wall clock
 * the machine-wide monotonic clock tells versions apart, also those of other processes.
 */
export function stampFile(calls: FsCalls, fd: number): void {
  const fraction = Number(process.hrtime.bigint() % 1_000_000n) / 1e9;
  const now = Date.now() / 1000 + fraction;
  try {
    calls.futimesSync(fd, now, now);
  } catch (error) {
    // Some user-space file systems cannot: there the etag is as good as their own clock.
    if (!isFsError(error, "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EPERM")) throw error;
  }
}

const SETTLE_NS = 20_000_000n;

/**
 * True while a create-only put may be between `link` and `unlink`: the unlink changes the file's time of
 * change once more, so an etag taken now would be outdated without any change of content.
 */
export function isSettling(stats: BigIntStats): boolean {
  return stats.nlink > 1n && BigInt(Date.now()) * 1_000_000n - stats.ctimeNs < SETTLE_NS;
}

/** The stats once they are settled; looks every millisecond, for at most 20. */
export async function settledStats(look: () => Promise<BigIntStats>): Promise<BigIntStats> {
  let stats = await look();
  for (let i = 0; i < 20 && isSettling(stats); i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    stats = await look();
  }
  return stats;
}
