// The pure foundation: keys, URIs, byte ranges, digests, concurrency, retry policy and clock.
// No I/O, no provider, nothing of ours but the errors. It defines the words ObjectKey, StoreUri,
// ByteRange (end exclusive) and Digest.

export * from "./abort.js";
export * from "./adaptive-limit.js";
export * from "./aligned-memory.js";
export * from "./byte-budget.js";
export * from "./byte-range.js";
export * from "./clock.js";
export * from "./crc32c.js";
export * from "./glob.js";
export * from "./json-fields.js";
export * from "./linear-regex.js";
export * from "./mapped-errors.js";
export * from "./object-key.js";
export * from "./observed-iterable.js";
export * from "./read-ahead.js";
export * from "./retry-policy.js";
export * from "./seeded-random.js";
export * from "./semaphore.js";
export * from "./side-by-side.js";
export * from "./store-uri.js";
export * from "./suggest.js";
export * from "./user-metadata.js";
