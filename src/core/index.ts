// The pure foundation: keys, URIs, byte ranges, digests, concurrency, retry policy and clock.
// No I/O, no provider, nothing of ours but the errors. It defines the words ObjectKey, StoreUri,
// ByteRange (end exclusive) and Digest.

export * from "./abort.js";
export * from "./byte-range.js";
export * from "./crc32c.js";
export * from "./object-key.js";
export * from "./store-uri.js";
export * from "./user-metadata.js";
