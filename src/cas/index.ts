// Content-addressed storage: blobs named by the SHA-256 of their bytes, whole or cut into chunks that
// lie in packs and are stored once; refs that keep them alive, and the collection of the rest. Knows
// nothing of runs, tables or what the bytes mean. Defines Blob, Digest, Chunk, Pack, Recipe, Ref and
// Session.
export type * from "./blob.js";
export { type BlobReadOptions, BlobStore, type BlobStoreOptions } from "./blob-store.js";
export { digestBlobs } from "./blobs/index.js";
export {
  BlobCache,
  type CacheOptions,
  type CacheUsage,
  DEFAULT_CACHE_BYTES,
  type PruneCacheOptions,
} from "./cache/index.js";
export {
  Aside,
  type Finding,
  type FindingKind,
  isDamage,
  measureStore,
  type ObjectTally,
  type RefTally,
  type Remedy,
  type Repaired,
  type RepairOptions,
  type RepairReport,
  type StatsOptions,
  type StoreStats,
  Verification,
  type VerifyMode,
  type VerifyOptions,
  type VerifyProgress,
  type VerifyStep,
  type VerifySummary,
} from "./checks/index.js";
export {
  type CollectOptions,
  type CollectProgress,
  type CollectReport,
  collectGarbage,
  type RestoreOptions,
  type RestoreResult,
  restoreBlobs,
  type Tally,
} from "./collect/index.js";
export * from "./digests/index.js";
export * from "./keys.js";
export {
  type PutBlobOptions,
  type PutProgress,
  type SessionOptions,
  WriteSession,
} from "./write-session.js";
