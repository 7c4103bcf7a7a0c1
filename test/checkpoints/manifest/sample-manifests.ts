import fc from "fast-check";
import type { CheckpointManifest, ShardMeta } from "../../../src/checkpoints/manifest/index.js";
import { crc32c } from "../../../src/core/index.js";

export function shard(rank: number, more: Partial<ShardMeta> = {}): ShardMeta {
  return { rank, key: `shards/x/rank-${rank}.bin`, size: 4, etag: null, checksum: null, ...more };
}

export function manifest(more: Partial<CheckpointManifest> = {}): CheckpointManifest {
  const worldSize = more.worldSize ?? 1;
  return {
    formatVersion: 1,
    framework: "torch",
    globalStep: 1,
    epoch: 0,
    wallTime: "2026-03-01T12:00:00+00:00",
    worldSize,
    shards: Array.from({ length: worldSize }, (_, rank) => shard(rank)),
    status: "complete",
    userMeta: null,
    ...more,
  };
}

/** A shard as Lodestore writes it, whose block table fits. */
export const ownShard = (rank: number) =>
  fc
    .record({ bytes: fc.uint8Array({ maxLength: 40 }), blockSize: fc.integer({ min: 1, max: 50 }) })
    .map(
      ({ bytes, blockSize }): ShardMeta => ({
        rank,
        key: `shards/ckpt-1-x/rank-${rank}.bin`,
        size: bytes.length,
        etag: '"0a1b"',
        checksum: `crc32c:${crc32c(bytes).toString(16).padStart(8, "0")}`,
        blocks: {
          logicalSize: bytes.length,
          storedCrc32c: crc32c(bytes),
          blockSize,
          blockCrc32c: Uint32Array.from(
            { length: Math.ceil(bytes.length / blockSize) },
            (_, index) => crc32c(bytes.subarray(index * blockSize, (index + 1) * blockSize)),
          ),
        },
      }),
    );

const text = fc.string({ unit: "grapheme" });
/** Of an object that is read again. */
const key = text.filter((one) => one !== "__proto__");

/** Any manifest that can be written. */
export const manifests = fc.integer({ min: 1, max: 4 }).chain((worldSize) =>
  fc.record<CheckpointManifest>({
    formatVersion: fc.constant(1),
    framework: text.filter((name) => name !== ""),
    globalStep: fc.maxSafeNat(),
    epoch: fc.nat(),
    wallTime: fc
      .date({ min: new Date(0), max: new Date("9999-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString().replace("Z", "+00:00")),
    worldSize: fc.constant(worldSize),
    shards: fc.tuple(
      ...Array.from({ length: worldSize }, (_, rank) =>
        fc.oneof(fc.constant(shard(rank)), ownShard(rank)),
      ),
    ),
    status: fc.constant("complete"),
    userMeta: fc.oneof(fc.constant(null), fc.dictionary(key, fc.oneof(text, fc.integer()))),
    metrics: fc.option(
      fc.dictionary(
        key,
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
      ),
      { nil: undefined },
    ),
  }),
);
