// The local cache of what never changes in a remote store: stretches of packs, their footers, whole blobs. It
// holds nothing that cannot be read again, says nothing of what is there (the store is asked), and never makes a
// read fail. Defines BlobCache and entry (a stretch of an object, in a file of its own).
export {
  BlobCache,
  type CacheOptions,
  DEFAULT_CACHE_BYTES,
  type PruneCacheOptions,
} from "./blob-cache.js";
export type { CacheUsage } from "./cache-folder.js";
export { type ReadThrough, readThrough } from "./read-through.js";
