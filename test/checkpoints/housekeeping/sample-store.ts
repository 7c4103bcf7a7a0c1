import {
  type CheckpointManifest,
  type CheckpointName,
  encodeManifest,
  manifestKey,
  moveLatest,
  type NamedManifest,
  type ShardMeta,
  shardKey,
} from "../../../src/checkpoints/manifest/index.js";
import { crc32c } from "../../../src/core/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";

export interface Sample {
  readonly step: number;
  readonly id?: string;
  /** Seconds after the first of March. Default: the step. */
  readonly second?: number;
  readonly shards?: readonly Uint8Array[];
  readonly more?: Partial<CheckpointManifest>;
}

/** The manifest of a sample, its shards in blocks of 4 bytes. */
export function sampleManifest(sample: Sample): NamedManifest {
  const { step, id = "a", second = step, shards = [Buffer.from(`shard of ${step}`)] } = sample;
  const name: CheckpointName = { step, id };
  return {
    name,
    manifest: {
      formatVersion: 1,
      framework: "torch",
      globalStep: step,
      epoch: 0,
      wallTime: new Date(Date.UTC(2026, 2, 1) + second * 1000).toISOString(),
      worldSize: shards.length,
      shards: shards.map((bytes, rank) => shardMeta(shardKey("flat", name, rank), rank, bytes)),
      status: "complete",
      userMeta: null,
      ...sample.more,
    },
  };
}

export function shardMeta(key: string, rank: number, bytes: Uint8Array): ShardMeta {
  const blockSize = 4;
  const storedCrc32c = crc32c(bytes);
  return {
    rank,
    key,
    size: bytes.length,
    etag: null,
    checksum: `crc32c:${storedCrc32c.toString(16).padStart(8, "0")}`,
    blocks: {
      logicalSize: bytes.length,
      blockSize,
      storedCrc32c,
      blockCrc32c: Uint32Array.from({ length: Math.ceil(bytes.length / blockSize) }, (_, index) =>
        crc32c(bytes.subarray(index * blockSize, (index + 1) * blockSize)),
      ),
    },
  };
}

/** Writes shards, manifest and pointer. */
export async function addSample(
  store: ObjectStore,
  sample: Sample,
  options: { readonly pointer?: boolean } = {},
): Promise<NamedManifest> {
  const made = sampleManifest(sample);
  const shards = sample.shards ?? [Buffer.from(`shard of ${sample.step}`)];
  for (const [rank, { key }] of made.manifest.shards.entries()) await store.put(key, shards[rank]!);
  await store.put(manifestKey(made.name), encodeManifest(made.manifest));
  if (options.pointer !== false) await moveLatest(store, made.name, made.manifest);
  return made;
}

export async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list()) keys.push(key);
  return keys;
}
