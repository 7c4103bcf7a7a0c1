import { lstat, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BlobCache, CacheUsage, PruneCacheOptions } from "../../cas/index.js";
import { LodeError, throwIfAborted } from "../../errors.js";
import type { AppContext } from "../app-context.js";
import type { Config } from "../config/index.js";
import { userCache } from "./run-place.js";

const DATABASE = /\.db(\.\d+)?$/;

export interface CachePart extends CacheUsage {
  /** Of the folder, which is there once something was kept. */
  readonly path: string;
}

export interface BlobCachePart extends CachePart {
  /** What all entries may take on the disk; 0 where nothing is to be kept. */
  readonly maxBytes: number;
}

/** What the user's cache folder holds. */
export interface CacheContents {
  readonly blobs: BlobCachePart;
  /** An entry is a database; bytes are those of the files beside it too. */
  readonly catalogues: CachePart;
}

/** What a prune deleted of the blobs and what it left, or would. */
export interface PrunedCache {
  readonly path: string;
  readonly freed: CacheUsage;
  readonly left: CacheUsage;
}

/** Changes nothing. Throws `invalid-config` without a home directory. */
export async function cacheUsage({ config, signal }: AppContext): Promise<CacheContents> {
  const { cache, ...place } = await openCache(config);
  const path = join(dirname(place.path), "catalogues");
  return {
    blobs: { ...place, ...(await cache.usage({ signal })) },
    catalogues: { path, ...(await catalogueUsage(path, signal)) },
  };
}

/**
 * Deletes the blobs that were used longest ago until the others take at most `maxBytes` on the disk, by default the
 * setting's cap. Throws `invalid-config` without a home directory.
 */
export async function pruneCache(
  { config, signal }: AppContext,
  options: Pick<PruneCacheOptions, "maxBytes" | "dryRun"> = {},
): Promise<PrunedCache> {
  const { cache, path } = await openCache(config);
  const freed = await cache.prune({ ...options, signal });
  const { entries, bytes } = await cache.usage({ signal });
  const left = options.dryRun
    ? { entries: entries - freed.entries, bytes: bytes - freed.bytes }
    : { entries, bytes };
  return { path, freed, left };
}

async function openCache(
  config: Config,
): Promise<{ readonly cache: BlobCache } & Pick<BlobCachePart, "path" | "maxBytes">> {
  const found = userCache(config);
  if (found === undefined) {
    throw new LodeError({
      code: "invalid-config",
      message: "there is no cache folder without a home directory; set HOME or XDG_CACHE_HOME",
    });
  }
  const { BlobCache: Opened } = await import("../../cas/index.js");
  // The URI does not matter: what is measured and pruned is of all stores.
  return { cache: new Opened("", found), path: found.folder, maxBytes: found.maxBytes };
}

async function catalogueUsage(folder: string, signal: AbortSignal): Promise<CacheUsage> {
  const { isFsError, mapFsError } = await import("../../storage/local-disk/index.js");
  let [entries, bytes] = [0, 0];
  try {
    for (const name of await readdir(folder)) {
      throwIfAborted(signal, "list");
      try {
        bytes += (await lstat(join(folder, name))).size;
        if (DATABASE.test(name)) entries++;
      } catch (error) {
        // SQLite deletes what lies beside a database when the last process closes it.
        if (!isFsError(error, "ENOENT")) throw error;
      }
    }
  } catch (error) {
    if (!isFsError(error, "ENOENT")) throw mapFsError(error, "list", folder);
  }
  return { entries, bytes };
}
