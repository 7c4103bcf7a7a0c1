// The operation log: every request of every store as a row that MinIO warp and its readers take. It
// writes, reads, sums up, sorts and replays logs. It decides nothing about stores and prints
// nothing. Defines OpLogEntry.
export { compareStarts, nanosBetween, OP_WORDS, type OpLogEntry, type OpWord } from "./entry.js";
