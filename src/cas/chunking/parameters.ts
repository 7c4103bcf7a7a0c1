/** In bytes: the size that chunks have as a rule; a position is a cut with the probability 1 / 65,536. */
export const TARGET_CHUNK = 64 * 1024;
/** Smaller ones occur at the end; and see {@link SKIPPED}. */
export const MIN_CHUNK = TARGET_CHUNK / 8;
/** A chunk that reaches it ends there. */
export const MAX_CHUNK = TARGET_CHUNK * 2;

/** On how many bytes back the hash depends: each byte moves it by one bit. */
const WINDOW = 64;

/**
 * The first bytes of a chunk, which the hash leaves out. They are so few that a chunk can end up to 64 bytes below
 * {@link MIN_CHUNK}, where the hash has not seen a whole window yet: so it is in Xet's own program (xet-core,
 * `deduplication/src/chunking.rs`), though not in its specification, `spec/chunking.md`.
 */
export const SKIPPED = MIN_CHUNK - WINDOW - 1;
