import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { Checkpoint } from "../../src/checkpoints/index.js";

/** What rank r holds in the checkpoints that Python writes, there and here. */
export function content(rank: number, size = 1000 + rank): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (7 * i + 31 * rank) & 255);
}

/** More than one block of zstd, before and after compression. */
export function large(): Buffer {
  const numbers = Array.from({ length: 50_000 }, (_, i) => `${(i * 7919) % 100_003},`);
  return Buffer.from(numbers.join(""));
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Throws unless the checkpoint has so many ranks with their content, whole and in part. */
export async function expectRanks(checkpoint: Checkpoint, count: number): Promise<void> {
  expect(checkpoint.manifest.worldSize).toBe(count);
  const shards = await checkpoint.readShards();
  expect(shards.map(sha256)).toEqual(Array.from({ length: count }, (_, r) => sha256(content(r))));
  for (let rank = 0; rank < count; rank++) {
    const part = await checkpoint.readShard(rank, { range: { start: 300, end: 900 } });
    expect(sha256(part)).toBe(sha256(content(rank).subarray(300, 900)));
  }
}
