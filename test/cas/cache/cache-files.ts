import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export interface CacheFile {
  /** From the cache's folder. */
  readonly path: string;
  readonly bytes: number;
}

/** Entries, and entries in the making; nothing that only tells of them. */
export async function cacheFiles(folder: string): Promise<CacheFile[]> {
  const files: CacheFile[] = [];
  if (!existsSync(folder)) return files;
  for (const shard of await readdir(folder)) {
    if (shard !== "incoming" && !/^[0-9a-f]{2}$/.test(shard)) continue;
    for (const name of await readdir(join(folder, shard))) {
      const path = join(shard, name);
      files.push({ path, bytes: (await stat(join(folder, path))).size });
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export async function cacheBytes(folder: string): Promise<number> {
  return (await cacheFiles(folder)).reduce((sum, { bytes }) => sum + bytes, 0);
}
