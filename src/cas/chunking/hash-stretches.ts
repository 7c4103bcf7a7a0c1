import type { hash } from "node:crypto";

/**
 * SHA-256, 64 hex digits, of stretches of the memory: `bounds` has where each begins and ends. Its text is sent to a thread:
 * it may use nothing but what it is given.
 */
export function hashStretches(
  sha256: typeof hash,
  memory: Uint8Array,
  bounds: readonly number[],
): string[] {
  const hashes: string[] = [];
  for (let i = 0; i < bounds.length; i += 2) {
    hashes.push(sha256("sha256", memory.subarray(bounds[i], bounds[i + 1]), "hex"));
  }
  return hashes;
}
