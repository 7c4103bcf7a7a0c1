import { createHash } from "node:crypto";

/** Words of key for one epoch. */
export const KEY_WORDS = 8;

/**
 * What the order of an epoch is drawn from: the eight 32-bit words, big-endian, of the SHA-256 of the
 * text `lodestore {purpose} 1`, `{seed}` and `{epoch}`, each on a line of its own without a final newline.
 */
export function epochKeys(purpose: string, seed: number, epoch: number): Uint32Array {
  const digest = createHash("sha256").update(`lodestore ${purpose} 1\n${seed}\n${epoch}`).digest();
  return Uint32Array.from({ length: KEY_WORDS }, (_, word) => digest.readUInt32BE(word * 4));
}

/** Mixes 32 bits, one to one: `fmix32` of MurmurHash3, by Austin Appleby (public domain). */
export function mix32(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
